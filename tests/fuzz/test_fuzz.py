"""A few hostile inputs of each kind, the same in every run."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.targets import TARGETS

EXAMPLES = {"markdown": 15}
"""How many of each; of what takes long fewer."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_hostile_gets_through(name: str) -> None:
    target = TARGETS[name]
    bounded = settings(
        max_examples=EXAMPLES.get(name, 30),
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    bounded(given(target.inputs)(target.check))()


_DIGITS = b"9" * 5000
_HEX = b"0x" + b"f" * 5000
_SERVED = b'\xef\xbb\xbf{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'
ONCE_BROKEN: list[tuple[str, object]] = [
    ("stream", (_SERVED, [1, 2])),
    ("stream", (b"\0\0", [1])),
    ("stream", (b"data:\n\n", [1])),
    ("config", b"default_endpoint = " + _DIGITS),
    ("config", b"max_tokens = " + _HEX),
    ("profiles", b"[DEFAULT]\nhost = ]52;c\n"),
    ("theme", b'primary = "#123456"\n[variables]\n"\\u001b]52;c;x" = 1'),
    ("theme", b"primary = " + _DIGITS),
    ("theme", b"primary = " + b"[" * 20_000),
    ("theme", b"primary = " + _HEX),
    ("session", (b"[[turns]]\nprompt_tokens = " + _HEX + b'\ntext = """\nx"""\n', b"")),
]
"""Inputs that once broke something, and some of their kin; what broke by its size is in `test_growth`."""


@pytest.mark.parametrize(("name", "given_input"), ONCE_BROKEN, ids=range(len(ONCE_BROKEN)))
def test_what_once_broke_it_does_so_no_more(name: str, given_input: object) -> None:
    TARGETS[name].check(given_input)
