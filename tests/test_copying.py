"""Copying by the best way that works: programs that take it, that fail, and that hang."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

import pytest

from fmtui import copying
from fmtui.copying import Clipboard, tools_of
from fmtui.core.clipboard import COMMON, Around
from fmtui.core.errors import UsageError
from fmtui.saving import write_copy


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


class Desk:
    """A clipboard with programs in a folder of its own."""

    def __init__(self, folder: Path, term: str = "xterm-256color") -> None:
        self.environ = {"TERM": term, "DISPLAY": ":0", "PATH": f"{folder}", "OUT": str(folder / "out")}
        self.sent: list[str] = []
        self.board = Clipboard(self.environ, self.sent.append, self._look)

    async def _look(self, environ: Mapping[str, str]) -> Around:
        return Around(environ, tools=tools_of(environ))


async def test_a_program_gets_the_text_without_what_acts_on_a_terminal(tmp_path: Path) -> None:
    program(tmp_path, "xclip", 'while IFS= read -r line; do echo "$line"; done > "$OUT"; echo "$@" >> "$OUT"')
    desk = Desk(tmp_path)
    copied = await desk.board.put("one\x1b[2J\n“two”\n")
    assert copied == ("Copied 13 characters in 2 lines to the clipboard (xclip).", True, True)
    assert (tmp_path / "out").read_text() == "one[2J\n“two”\n-selection clipboard -in\n"
    assert not desk.sent


async def test_one_that_fails_or_hangs_is_told_and_the_next_way_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_TOOL_S", 0.2)
    program(tmp_path, "xclip", 'echo "can\'t open display" >&2; exit 1')
    program(tmp_path, "xsel", "exec /bin/sleep 60")
    desk = Desk(tmp_path)
    copied = await desk.board.put("text")
    assert copied.words.startswith("xclip failed: can't open display. xsel took longer than 0.2 s. Sent 4")
    assert copied.done
    assert b64decode(desk.sent[0][7:-1]) == b"text"
    # A large text, most of which a program that has ended does not take.
    copied = await desk.board.put("a" * 3_000_000)
    assert not copied.done
    assert "more than the 74 kB" in copied.words
    assert copied.words.endswith("/copyfile writes it to a file.")
    assert len(desk.sent) == 1


async def test_what_has_no_way_is_said_and_a_file_is_offered(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "linux")
    assert (await desk.board.put("text")).words == (
        "A terminal with TERM=linux takes no copies from programs. /copyfile writes it to a file. "
        "What helps: fmtui --no-mouse"
    )
    assert (await desk.board.put("\x1b")).words == "There is nothing to copy yet."
    assert "nothing was copied" in (await Desk(tmp_path).board.put("a" * 4_000_001)).words
    far = Desk(tmp_path)
    assert (await far.board.put("a" * COMMON)).done is False
    assert not far.sent


@pytest.mark.parametrize("name", ["~nobody-here/x", "a\0b", "there"])
def test_a_name_that_no_new_file_can_have_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("mine")
    with pytest.raises(UsageError) as refused:
        write_copy("text", name, tmp_path / "copies")
    assert refused.value.hint == "Choose another name."
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_a_file_gets_what_a_clipboard_would(tmp_path: Path) -> None:
    assert write_copy("a\x1b[2Jb\x07", "", tmp_path / "copies").read_text() == "a[2Jb\n"
