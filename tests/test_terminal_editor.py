"""Writing a prompt in another program on the same terminal, while a reply comes in."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from fmtui.ui.app import LEAVE_S
from tests.servers import D, E, F, ScriptedServer, stream
from tests.terminal import Terminal, clean_environ, fmtui
from tests.test_terminal import kept, leave, until

EDITOR = """#!/bin/bash
trap 'echo interrupted' INT
printf 'editing %s with %s: ' "$2" "$1"; cat "$2"
while read -r line; do
    case "$line" in
    fail) exit 3 ;;
    end) exit 0 ;;
    esac
    echo "$line" >> "$2"
done
"""


async def test_an_editor_has_the_terminal_while_the_reply_goes_on(tmp_path: Path) -> None:
    editor = tmp_path / "my editor"
    editor.write_text(EDITOR)
    editor.chmod(0o700)
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("first words"), gate, E(" and the rest"), F("stop"), D)) as server:
        config = tmp_path / "config.toml"
        config.write_text(f'[endpoints.local]\nurl = "{server.url}/v1"\nmodel = "m"\nmodels = ["m"]\n')
        command = fmtui("--config", str(config), "--data-dir", str(tmp_path / "data"), "-e", "local")
        environ = clean_environ(tmp_path, VISUAL=f"'{editor}' --wait", TMPDIR=str(tmp_path))
        with Terminal(command, environ) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("go\r")
            await until(terminal, "first words")
            terminal.type("my draft\x07")
            # The name of a folder may be long, so that a row ends anywhere.
            await until(terminal, lambda t: "with--wait:mydraft" in "".join(t.text.split()))
            before = len(terminal.raw)
            gate.set()
            await asyncio.to_thread(_until_kept, tmp_path)
            terminal.type("\x03")
            await until(terminal, "interrupted")
            assert b"and the rest" not in terminal.raw[before:]
            terminal.type("second line\rend\r")
            shown = "and the rest", "second line"
            await until(terminal, lambda t: all(s in t.text for s in shown) and "editing" not in t.text)
            terminal.type(" typed on\x07")
            await until(terminal, "editing")
            terminal.type("unsaved\rfail\r")
            told = "my editor ended with status 3; the prompt is as it was."
            await until(terminal, lambda t: told in t.text and "unsaved" not in t.text)
            editor.write_bytes(b"\0 no program")
            terminal.type("\x07")
            await until(terminal, "could not be started: Exec format error.")
            assert await leave(terminal) == 0
    assert kept(tmp_path)[1].text == "first words and the rest"
    (left,) = await asyncio.to_thread(lambda: [path.read_text() for path in tmp_path.glob("fmtui-*/*")])
    assert left == "my draft\nsecond line typed on\nunsaved\n"


def test_a_signal_ends_the_editor_too_with_the_terminal_as_it_was_and_everything_kept(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/bash\nstty raw -echo\necho more >> "$1"\necho ready; read -r line\n')
    editor.chmod(0o700)
    environ = clean_environ(tmp_path, VISUAL=str(editor), TMPDIR=str(tmp_path))
    with Terminal(fmtui("-e", "demo", "--data-dir", str(tmp_path / "data")), environ) as terminal:
        terminal.until("F1 help")
        terminal.type("my draft\x07")
        terminal.until("ready")
        assert not terminal.echoes_lines()
        terminal.kill(signal.SIGTERM)
        assert terminal.wait(LEAVE_S) == 128 + signal.SIGTERM
        assert terminal.echoes_lines()
        (left,) = tmp_path.glob("fmtui-*/*")
        assert f"What was written in the editor is in {left.parent}." in "".join(terminal.screen)
    assert left.read_text() == "my draft\nmore\n"
    assert any("my draft" in path.read_text() for path in tmp_path.glob("data/**/drafts/*"))


def _until_kept(folder: Path) -> None:
    """Wait until the reply is in the session file; nothing of it can be seen meanwhile."""
    while not any("and the rest" in path.read_text() for path in folder.glob("data/**/*.toml")):
        pass
