"""Whether the terminal can show what fmtui writes, and pass on what is typed and copied. Pure.

All that has to be found out first, by asking the terminal or tmux, is in `Terminal`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping

from fmtui.core.clipboard import Around, ways
from fmtui.core.doctor import Finding, Level
from fmtui.core.record import NamedTuple, record
from fmtui.core.tmux import Tmux

_SMALLEST = 40, 10
"""Columns and rows below which not everything has room."""
_SHORT_ESCAPE_MS = 100
"""Milliseconds that tmux may hold the Esc key back without being felt."""

_QUERY, _QUERY_SYNC, _QUERY_END = b"\x1b[>0q\x1b[?u", b"\x1b[?2026$p", b"\x1b[c"
LAST_ANSWER = re.compile(rb"\x1b\[\?[0-9;]*c")
_NAME = re.compile(rb"\x1bP>\|([^\x1b\x07]{0,200})(?:\x1b\\|\x07)")
_KEYS = re.compile(rb"\x1b\[\?(\d{1,4})u")
_SYNC = re.compile(rb"\x1b\[\?2026;(\d)\$y")


class Answers(NamedTuple):
    """What a terminal said of itself."""

    answered: bool = False
    """Whether it said anything in time."""
    name: str = ""
    """Name and version; empty when it does not tell."""
    keys: bool = False
    """Whether it knows the key protocol that tells all keys apart."""
    sync: bool = False
    """Whether it can be told to show a frame in one piece."""


@record
class Terminal:
    """What is known of the terminal."""

    environ: Mapping[str, str]
    is_terminal: bool
    """Whether input and output are one."""
    size: tuple[int, int] = (0, 0)
    """Columns and rows; zeros where that is not known."""
    encoding: str = "utf-8"
    """How texts are written to it."""
    colours: str = ""
    """What is written: `truecolor`, `256`, `standard`, or empty for none."""
    writer: str = "lean"
    """What writes to it: `lean` or `stock`."""
    writer_why: str = ""
    """Why it is that one."""
    low_bandwidth: bool | str = "auto"
    """As configured."""
    answers: Answers | None = None
    """What it answered; None where it was not asked."""
    asked_why: str = ""
    """Why it was not asked."""
    tmux: Tmux | None = None
    """None outside of tmux, or when tmux did not answer."""
    parents: tuple[str, ...] = ()
    """The names of the programs that started this one, the nearest first, as far as they can be told."""
    platform: str = "linux"
    """As `sys.platform` has it."""
    tools: frozenset[str] = frozenset()
    """The programs that can fill a clipboard, as far as there are any."""


def query_for(environ: Mapping[str, str]) -> bytes:
    """Return what asks a terminal its name, its key protocol and about updates in one piece.

    The last question is one that every terminal answers, so that its answer ends the waiting.
    """
    # Apple's shows a letter of the question.
    sync = b"" if environ.get("TERM_PROGRAM") == "Apple_Terminal" else _QUERY_SYNC
    return _QUERY + sync + _QUERY_END


def answers_in(data: bytes) -> Answers:
    """Return what a terminal's answers to `query_for` say; other bytes among them are left alone."""
    name, keys, sync = _NAME.search(data), _KEYS.search(data), _SYNC.search(data)
    return Answers(
        bool(name or keys or sync or LAST_ANSWER.search(data)),
        name[1].decode("utf-8", "replace") if name else "",
        keys is not None,
        sync is not None and sync[1] in b"123",
    )


def examine_terminal(terminal: Terminal) -> list[Finding]:
    """Return what there is to say about the terminal."""
    checks = (_kind, _line, _colours, _keys, _size, _sync, _clipboard, _locale, _writer, _bandwidth)
    return [finding for check in checks for finding in check(terminal)]


def _of(name: str, value: str, level: Level = "ok", sentence: str = "", mend: str = "") -> Finding:
    return Finding("terminal", name, value, level, sentence, mend)


def _kind(terminal: Terminal) -> Iterator[Finding]:
    environ = terminal.environ
    term = environ.get("TERM", "")
    program = " ".join(filter(None, (environ.get("TERM_PROGRAM"), environ.get("TERM_PROGRAM_VERSION"))))
    said = terminal.answers.name if terminal.answers is not None else ""
    names = [f"TERM={term or 'not set'}", *filter(None, (program, said and f"says {said}"))]
    if not terminal.is_terminal:
        # What runs without a terminal, such as `fmtui ask` in a script, needs none of it.
        sentence = "Input or output is no terminal, so this is not about the one the app would be on."
        yield _of("type", ", ".join(names), "note", sentence)
    elif term in ("", "dumb", "unknown"):
        sentence = "The full screen needs a terminal that can move its cursor; such a TERM says it cannot."
        yield _of("type", ", ".join(names), "error", sentence, "export TERM=xterm-256color")
    elif environ.get("TMUX") and not term.startswith(("tmux", "screen")):
        sentence = "Inside tmux TERM should say so; otherwise colours and keys may come out wrong."
        yield _of("type", ", ".join(names), "warning", sentence, "tmux set -s default-terminal tmux-256color")
    else:
        yield _of("type", ", ".join(names))


def _line(terminal: Terminal) -> Iterator[Finding]:
    environ = terminal.environ
    between: list[str] = []
    if environ.get("TMUX"):
        tmux = terminal.tmux
        about = [tmux.version, f"on {tmux.outer}" if tmux.outer else ""] if tmux is not None else []
        between.append(" ".join(filter(None, ("tmux", *about))))
    if environ.get("STY"):
        between.append("GNU screen")
    if environ.get("ZELLIJ"):
        between.append("Zellij")
    if _by_mosh(terminal):
        between.append("mosh")
    elif environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        between.append("SSH")
    escape = _number(terminal.tmux.options.get("escape-time", "")) if terminal.tmux is not None else 0
    if escape > _SHORT_ESCAPE_MS:
        sentence = f"tmux holds the Esc key back for {escape} ms."
        yield _of("in between", ", ".join(between), "note", sentence, "tmux set -s escape-time 10")
    else:
        yield _of("in between", ", ".join(between) or "nothing")


def _by_mosh(terminal: Terminal) -> bool:
    return any(name.startswith("mosh-server") for name in terminal.parents)


def _colours(terminal: Terminal) -> Iterator[Finding]:
    environ = terminal.environ
    shown = {"truecolor": "16 million", "256": "256", "eight_bit": "256", "standard": "16"}
    value = shown.get(terminal.colours, "none")
    if said := environ.get("COLORTERM"):
        value += f", COLORTERM={said}"
    tmux = terminal.tmux
    if environ.get("NO_COLOR"):
        yield _of("colours", value, "note", "NO_COLOR is set.", "unset NO_COLOR")
    elif terminal.colours == "truecolor" and tmux is not None and _lacks_colours(tmux):
        sentence = "tmux changes them to 256, as it does not know that the terminal around it has more."
        mend = f"tmux set -as terminal-features ',{tmux.outer}:RGB'"
        yield _of("colours", value, "note", sentence, mend)
    elif terminal.colours != "truecolor" and terminal.low_bandwidth is True:
        yield _of("colours", f"{value}; low bandwidth uses no more")
    elif terminal.colours != "truecolor" and _in_gnu_screen(environ):
        yield _of("colours", f"{value}; GNU screen shows no more")
    elif terminal.colours != "truecolor" and environ.get("TERM", "").endswith("256color"):
        sentence = "Most terminals of this kind have 16 million colours, and themes look better with them."
        yield _of("colours", value, "note", sentence, "export COLORTERM=truecolor")
    else:
        yield _of("colours", value)


def _in_gnu_screen(environ: Mapping[str, str]) -> bool:
    """Whether GNU screen is what shows the colours, as what draws for it finds out."""
    return bool(environ.get("STY")) and not environ.get("TERM", "").startswith("tmux")


def _lacks_colours(tmux: Tmux) -> bool:
    """Whether tmux believes that the terminal around it has few colours; one that is too old says nothing."""
    return bool(tmux.features and tmux.outer) and "rgb" not in tmux.features.lower().split(",")


def _keys(terminal: Terminal) -> Iterator[Finding]:
    answers = terminal.answers
    if answers is None:
        yield _of("keys", f"not asked: {terminal.asked_why or 'no terminal'}", "note")
    elif not answers.answered:
        yield _of("keys", "the terminal did not answer in time", "note", "Every command has a plain key too.")
    elif answers.keys:
        yield _of("keys", "all can be told apart (kitty protocol)")
    else:
        yield _of("keys", "as plain terminals send them; Alt+Enter or Ctrl+J add a line")


def _size(terminal: Terminal) -> Iterator[Finding]:
    columns, rows = terminal.size
    if not columns:
        yield _of("size", "not known", "note")
    elif columns < _SMALLEST[0] or rows < _SMALLEST[1]:
        sentence = f"Below {_SMALLEST[0]} × {_SMALLEST[1]} not everything has room: make the window larger."
        yield _of("size", f"{columns} × {rows}", "warning", sentence)
    else:
        yield _of("size", f"{columns} × {rows}")


def _sync(terminal: Terminal) -> Iterator[Finding]:
    answers = terminal.answers
    if answers is None:
        yield _of("whole frames", f"not asked: {terminal.asked_why or 'no terminal'}", "note")
    elif answers.sync:
        yield _of("whole frames", "yes (synchronized output)")
    else:
        yield _of("whole frames", "no; what is redrawn may be seen for a moment")


def _clipboard(terminal: Terminal) -> Iterator[Finding]:
    """Tell how copies get out, by what decides it when something is copied."""
    found = ways(Around(terminal.environ, terminal.platform, terminal.tools, terminal.tmux, terminal.parents))
    if not found.routes:
        sentence = f"{found.why_none} /copyfile writes to a file; the terminal's own mouse selects, too."
        yield _of("clipboard", "none", "warning", sentence, found.mend)
        return
    best = found.routes[0]
    how = f"{best.name}, by {best.command[0]}" if best.command else best.name
    if not best.doubt or best.doubt.endswith("refuse that"):
        yield _of("clipboard", how if best.sure else f"{how}, which may refuse")
    else:
        level: Level = "note" if best.likely else "warning"
        yield _of("clipboard", how, level, best.doubt[0].upper() + best.doubt[1:] + ".", best.mend)


def _locale(terminal: Terminal) -> Iterator[Finding]:
    environ = terminal.environ
    name = next((each for each in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(each)), "")
    value = f"{terminal.encoding.upper()}, {f'{name}={environ[name]}' if name else 'no locale set'}"
    charset = environ.get(name, "").partition(".")[2].partition("@")[0]
    if not is_utf8(terminal.encoding):
        sentence = f"Texts are written as {terminal.encoding}, which lacks most signs of the screen."
        yield _of("locale", value, "error", sentence, "export LC_ALL=C.UTF-8")
    elif charset and not is_utf8(charset):
        sentence = (
            f"{name} says {charset}, which fmtui does not write: a terminal that goes by it shows nonsense."
        )
        yield _of("locale", value, "warning", sentence, "export LC_ALL=C.UTF-8")
    else:
        yield _of("locale", value)


def is_utf8(name: str) -> bool:
    """Return whether an encoding of that name is UTF-8."""
    try:
        return codecs.lookup(name).name == "utf-8"
    except (LookupError, ValueError):
        return False


def _writer(terminal: Terminal) -> Iterator[Finding]:
    what = "only what differs" if terminal.writer == "lean" else "whole rows"
    why = f": {terminal.writer_why}" if terminal.writer_why else ""
    yield _of("writer", f"{terminal.writer}, {what}{why}")


def _bandwidth(terminal: Terminal) -> Iterator[Finding]:
    if terminal.low_bandwidth == "auto":
        yield _of("bandwidth", "auto: less is written while the terminal is slow")
    else:
        yield _of("bandwidth", "low: less is written" if terminal.low_bandwidth else "full: it is waited for")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
