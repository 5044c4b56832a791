"""A slip of a slash command is told, a question that begins with a slash is sent."""

import pytest

from fmtui.ui.commands import COMMANDS
from fmtui.ui.slips import slashes_of, slip_of

KNOWN = slashes_of(COMMANDS) | {"/review": True}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/modle", "There is no /modle. Did you mean /model?"),
        ("/modle m1 \n", "There is no /modle. Did you mean /model?"),
        ("/MODLE", "There is no /MODLE. Did you mean /model?"),
        ("/reviw this", "There is no /reviw. Did you mean /review?"),
        ("/quti", "There is no /quti. Did you mean /quit?"),
    ],
)
def test_a_line_that_nearly_begins_with_a_command_is_a_slip(text: str, meant: str) -> None:
    assert slip_of(text, KNOWN) == meant


@pytest.mark.parametrize(
    "text",
    [
        "/quti smoking, how?",  # no words may follow that one
        "/quit smoking, how?",
        "/modle\nis a word",
        "/sets of numbers\nare what?",
        " /modle",
        "modle",
        "/etc",
        "/etc/hosts says",
        "/nothing of that name",
        "/",
        "",
    ],
)
def test_what_is_a_command_or_nothing_like_one_is_no_slip(text: str) -> None:
    assert not slip_of(text, KNOWN)
