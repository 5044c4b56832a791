"""The programs that are measured, and what they find around them."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fmtui.core.chat import Params, Turn
from fmtui.core.session_disk import Disk
from fmtui.core.sessions import SessionStore
from tests.bench import reference
from tests.bench.corpus import SAVED_SIGN, answer
from tests.bench.endpoint import Endpoint
from tests.bench.terminal import Terminal
from tests.terminal import clean_environ

FMTUI, REFERENCE, BARE = "fmtui", "reference", "bare app"
SETTLED_S = 0.6
"""Seconds of silence after which a program that was started has come to rest."""

_BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("the first frame")
Bare().run()
"""
_FIRST = {FMTUI: "max_tokens", REFERENCE: reference.READY, BARE: "the first frame"}
"""What each shows in its first frame."""


class _LazyDisk(Disk):
    """Does not wait for the disk: the sessions to measure can be made again."""

    def sync(self, descriptor: int) -> None:
        """Leave it to the system when the bytes are written."""


@dataclass(frozen=True)
class Saved:
    """A session on the disk."""

    id: str
    turns: int
    size: int
    """Bytes of its file."""
    word: str
    """A word of its title, which no other has."""


class Lab:
    """A home folder, an endpoint, and programs to start in them.

    Args:
        options: options of fmtui for every start, such as the ones that choose its writer.
    """

    def __init__(self, options: tuple[str, ...] = ()) -> None:
        self._options = options
        self.endpoint = Endpoint()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="fmtui-bench-")
        self._home = Path(self._folder.name)
        self.endpoint.__enter__()
        (self._home / "config.toml").write_text(
            f'[endpoints.bench]\nurl = "{self.endpoint.url}"\nkind = "openai"\nmodel = "m"\n'
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.endpoint.__exit__()
        self._folder.cleanup()

    def start(self, program: str, *arguments: str, watched: bool = True) -> Terminal:
        """Start a program.

        Args:
            program: its name.
            arguments: more for fmtui's command line.
            watched: whether under the probe, which takes some of the time of a start.
        """
        plain = ["-m", "fmtui" if program == FMTUI else "tests.bench.reference"]
        head = ["-m", "tests.bench.probe", program] if watched else plain
        if program == FMTUI:
            given = ["--config", str(self._home / "config.toml"), "--data-dir", str(self._home / "data")]
            tail = [*head, *given, "-e", "bench", *self._options, *arguments]
        elif program == REFERENCE:
            tail = [*head, self.endpoint.url]
        else:
            tail, watched = ["-c", _BARE], False
        environ = clean_environ(self._home)
        return Terminal([sys.executable, *tail], environ, endpoint=self.endpoint, watched=watched)

    def first_frame(self, terminal: Terminal, program: str) -> float:
        """Wait for the first frame of a program; return when it was there."""
        return terminal.shows(_FIRST[program])

    def rested(self, program: str, *arguments: str) -> Terminal:
        """Start a program under watch and wait until it has come to rest."""
        terminal = self.start(program, *arguments)
        try:
            self.first_frame(terminal, program)
            terminal.quiet(SETTLED_S)
        except BaseException:
            terminal.__exit__()
            raise
        return terminal

    def session(self, turns: int, name: str = "x") -> Saved:
        """Return a session of so many turns of about 1.1 KB, `SAVED_SIGN` at its end; made once."""
        folder = self._home / "data" / "sessions"
        word = f"n{turns}{name}"
        store = SessionStore(folder, disk=_LazyDisk())
        found = next((head.id for head in store.heads() if word in head.title), None)
        if found is None:
            session = store.new()
            found = session.id
            texts = [_closed(answer(1_750, seed)) for seed in range(50)]
            parent = ""
            for number in range(turns):
                last = number == turns - 1
                if number % 2 == 0 and not last:
                    prompt = texts[number % 49].partition("\n\n")[2][:200]
                    turn = Turn.prompt(f"{word if number == 0 else number} {prompt}", parent)
                else:
                    text = f"{number}\n\n{texts[number % 50]}" + (f"\n\n{SAVED_SIGN}" if last else "")
                    turn = Turn(
                        f"t{number}",
                        "assistant",
                        text,
                        parent,
                        params=Params(model="m"),
                        outcome="complete",
                        finish_reason="stop",
                    )
                session.append(turn)
                parent = turn.id
            session.close()
        return Saved(found, turns, (folder / f"{found}.toml").stat().st_size, word)


def _closed(text: str) -> str:
    """Return an answer that was cut somewhere, its last code block ended."""
    return text + ("\n```" if text.count("```") % 2 else "")
