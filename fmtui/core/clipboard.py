"""Which ways lead from here to the user's clipboard, and how a text is wrapped for each. Pure.

A program on a terminal can ask it to fill the clipboard (OSC 52). No terminal answers
whether it did, tmux and GNU screen stand in between and let little through, and a program
such as xclip fills the clipboard of the machine it runs on, which over SSH is the wrong one.
What each lets through was tried with tmux 3.3a and screen 4.9:

- tmux takes the sequence itself only where `set-clipboard` is `on`; its default is `external`.
- What is wrapped for tmux goes to the terminal only where `allow-passthrough` is on; its default is off.
- `tmux load-buffer -w` goes to the terminal whatever these two say, and to tmux's own buffer.
- screen hands on what is wrapped in a device control string, in pieces that its buffer holds.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Literal

from fmtui.core.record import NamedTuple, record
from fmtui.core.tmux import LOADS_CLIPBOARD, Tmux

COMMON = 74_994
"""Bytes of base64 that terminals take in one sequence of at most 100,000 bytes, as many do."""
LARGE = 1_000_000
"""The same for those that are known to take more; tmux's own buffer for what comes in ends there."""
SCREEN_PIECE = 252
"""Bytes of one piece for GNU screen: it keeps 768 of a string, before 4.1 256."""

Form = Literal["plain", "tmux", "screen", "tmux+screen", "tmux+plain", "tmux+tmux"]
"""What stands around the sequence for those in between, who take it away; `+plain` sends it both ways."""

_NATIVE = (
    ("WAYLAND_DISPLAY", ("wl-copy", "--type", "text/plain;charset=utf-8")),
    ("DISPLAY", ("xclip", "-selection", "clipboard", "-in")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
)
"""Programs that fill the clipboard of a display, and the variable that says that there is one."""
TOOLS = ("wl-copy", "xclip", "xsel", "pbcopy", "clip.exe", "tmux")
"""All programs that may be asked."""
_TAKES_NONE = ("linux", "dumb", "unknown", "cons25", "vt100", "vt102", "vt220", "ansi")
_TAKES_MORE = ("xterm-kitty", "foot", "foot-extra", "alacritty", "xterm-ghostty", "wezterm")
_PROGRAMS_TAKE_MORE = ("WezTerm", "ghostty", "kitty", "iTerm.app", "alacritty")
_REFUSES = "a terminal may be set to refuse that"
_REFUSES_AROUND = "the terminal around it may be set to refuse that"


class Route(NamedTuple):
    """One way to the clipboard."""

    name: str
    """Where it leads and by what, for people: it stands behind “to” or “by”."""
    form: Form = "plain"
    command: tuple[str, ...] = ()
    """The program that takes the text on its standard input; empty where the terminal is written to."""
    limit: int = COMMON
    """Bytes of base64 that are sure to come through; 0 where there is no limit."""
    sure: bool = False
    """Whether it is known afterwards that it worked."""
    doubt: str = ""
    """Why it may not come through, as the rest of a sentence; empty where nothing speaks against it."""
    likely: bool = True
    """Whether it comes through as far as is known."""
    mend: str = ""
    """The line that takes the doubt away."""


class Ways(NamedTuple):
    """All ways, the best first."""

    routes: tuple[Route, ...] = ()
    why_none: str = ""
    """Why there is none, as a sentence."""
    mend: str = ""
    """The line that makes one."""


@record
class Around:
    """What is known of what stands around the program."""

    environ: Mapping[str, str]
    platform: str = "linux"
    """As `sys.platform` has it."""
    tools: frozenset[str] = frozenset()
    """Which of `TOOLS` there are."""
    tmux: Tmux | None = None
    """What tmux says of itself; None outside of it, or where it does not answer."""
    parents: tuple[str, ...] = ()
    """The names of the programs that started this one, the nearest first."""


def ways(around: Around) -> Ways:
    """Return the ways from here to the user's clipboard."""
    inside = innermost(around.environ, around.parents)
    if inside == "tmux":
        return _through_tmux(around)
    if inside == "screen":
        return Ways((*_of_tmux(around), _SCREEN))
    native = tuple(_native(around.environ, around))
    takes_none = _takes_none(around.environ)
    if takes_none:
        return Ways(native, "" if native else takes_none, "" if native else "fmtui --no-mouse")
    return Ways((*native, _plain(around)))


def innermost(environ: Mapping[str, str], parents: tuple[str, ...] = ()) -> Literal["", "tmux", "screen"]:
    """Return what the program is directly in; of two, the variables do not tell which is in the other."""
    tmux, screen = bool(environ.get("TMUX")), bool(environ.get("STY"))
    if tmux and screen:
        for name in parents:
            if name.lower().startswith(("tmux", "screen")):
                return "tmux" if name.lower().startswith("tmux") else "screen"
        return "tmux" if environ.get("TERM", "").startswith("tmux") else "screen"
    return "tmux" if tmux else "screen" if screen else ""


# ---- routes ------------------------------------------------------------------------------


_SCREEN = Route(
    "the terminal around GNU screen (OSC 52)",
    "screen",
    doubt=_REFUSES_AROUND,
)


def _plain(around: Around) -> Route:
    environ = around.environ
    program, term = environ.get("TERM_PROGRAM", ""), environ.get("TERM", "")
    more = term in _TAKES_MORE or program in _PROGRAMS_TAKE_MORE
    doubt, mend = _REFUSES, ""
    if program == "iTerm.app":
        doubt = "iTerm2 takes it once “Applications in terminal may access clipboard” is set in its settings"
    elif any(name.startswith("mosh-server") for name in around.parents):
        doubt = "mosh passes it on from version 1.4"
    elif environ.get("XTERM_VERSION"):
        doubt, mend = "xterm takes it once that is allowed", "XTerm*disallowedWindowOps: 20,21,SetXprop"
    elif environ.get("VTE_VERSION"):
        doubt = "GNOME Terminal and others made of VTE take it in new versions only"
    return Route("the terminal (OSC 52)", limit=LARGE if more else COMMON, doubt=doubt, mend=mend)


def _takes_none(environ: Mapping[str, str]) -> str:
    """Return why a terminal takes nothing; empty where it may."""
    term = environ.get("TERM", "")
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return "Apple's Terminal takes no copies from programs."
    if not term or term in _TAKES_NONE:
        return f"A terminal with TERM={term or '(not set)'} takes no copies from programs."
    return ""


def _native(environ: Mapping[str, str], around: Around) -> Iterator[Route]:
    """Yield the programs that fill the clipboard of the display that the user sits at."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") or environ.get("SSH_CLIENT"):
        return
    if around.platform == "darwin" and "pbcopy" in around.tools:
        yield Route("the clipboard", command=("pbcopy",), limit=0, sure=True)
    if around.environ.get("WSL_DISTRO_NAME") and "clip.exe" in around.tools:
        yield Route("the clipboard", command=("clip.exe",), limit=0, sure=True)
    for variable, command in _NATIVE:
        if environ.get(variable) and command[0] in around.tools:
            yield Route("the clipboard", command=command, limit=0, sure=True)


def _through_tmux(around: Around) -> Ways:
    tmux = around.tmux
    routes: list[Route] = []
    if tmux is not None and tmux.environ:
        # Its variables are those of whoever attached last; ours those of whoever opened the window.
        attached = {name: tmux.environ.get(name, "") for name in ("DISPLAY", "SSH_CONNECTION")}
        if attached["DISPLAY"]:
            attached["WAYLAND_DISPLAY"] = around.environ.get("WAYLAND_DISPLAY", "")
        if attached["DISPLAY"] or around.platform == "darwin":
            routes += _native(attached, around)
    routes += _of_tmux(around)
    if tmux is None:
        name, doubt = "tmux (OSC 52)", "tmux did not say whether it passes it on"
        routes.append(Route(name, "tmux+plain", doubt=doubt, mend=_MEND))
    elif not any(route.command[:1] == ("tmux",) for route in routes):
        routes += _by_sequence(around, tmux)
    if routes:
        return Ways(tuple(routes))
    said = tmux.options.get("set-clipboard", "off") if tmux is not None else "off"
    return Ways((), f"tmux passes no copies on, as set-clipboard is {said}.", _MEND)


_MEND = "tmux set -s set-clipboard on"


def _of_tmux(around: Around) -> Iterator[Route]:
    """Yield what tmux itself does for programs that ask it, if it can."""
    tmux = around.tmux
    if tmux is None or "tmux" not in around.tools or tmux.number < LOADS_CLIPBOARD:
        return
    doubt, mend, likely = _REFUSES_AROUND, "", True
    known = tmux.features.lower().split(",") if tmux.features else []
    if _in_screen(around, tmux):
        doubt, likely = "GNU screen around it passes nothing on", False
    elif tmux.outer.startswith("tmux"):
        doubt, mend = "the tmux around it passes it on where its set-clipboard is on", _MEND
    elif known and "clipboard" not in known:
        doubt, likely = f"as far as tmux knows a terminal with TERM={tmux.outer} takes none", False
        mend = f"tmux set -as terminal-features ',{tmux.outer}:clipboard'"
    yield Route(
        "tmux's buffer and the terminal",
        command=("tmux", "load-buffer", "-w", "-"),
        doubt=doubt,
        likely=likely,
        mend=mend,
    )


def _by_sequence(around: Around, tmux: Tmux) -> Iterator[Route]:
    """Yield what a tmux that is too old to be asked, or cannot be, takes from the terminal."""
    if tmux.options.get("set-clipboard") == "on":
        doubt = _REFUSES_AROUND
        yield Route("tmux and the terminal (OSC 52)", limit=COMMON, doubt=doubt)
    elif tmux.passes_wrapped:
        form: Form = "tmux"
        if _in_screen(around, tmux):
            form = "tmux+screen"
        elif tmux.outer.startswith("tmux"):
            form = "tmux+tmux"
        doubt = _REFUSES_AROUND
        yield Route("the terminal around tmux (OSC 52)", form, doubt=doubt)


def _in_screen(around: Around, tmux: Tmux) -> bool:
    return bool(around.environ.get("STY")) and tmux.outer.startswith("screen")


# ---- bytes -------------------------------------------------------------------------------


def encoded_size(text: str) -> int:
    """Return how many bytes of base64 a text has."""
    return 4 * -(-len(text.encode()) // 3)


def fits(route: Route, text: str) -> bool:
    """Whether a text is sure to come through. Into tmux's own buffer it comes, however long it is."""
    return not route.limit or encoded_size(text) <= route.limit


def sequence(form: Form, text: str) -> str:
    """Return what is written to the terminal, wrapped for what stands in between."""
    # The bell ends it: the other end, ESC and a backslash, would end what stands around it, too.
    plain = f"\x1b]52;c;{b64encode(text.encode()).decode()}\x07"
    match form:
        case "tmux":
            return for_tmux(plain)
        case "screen":
            return for_screen(plain)
        case "tmux+screen":
            return for_tmux(for_screen(plain))
        case "tmux+tmux":
            # The outer one takes the one or the other, by what it is set to.
            return for_tmux(plain) + for_tmux(for_tmux(plain))
        case "tmux+plain":
            return plain + for_tmux(plain)
        case _:
            return plain


def for_tmux(text: str) -> str:
    """Return a sequence as tmux passes it on to the terminal around it, where `allow-passthrough` is on."""
    return "\x1bPtmux;" + text.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def for_screen(text: str) -> str:
    """Return a sequence as GNU screen passes it on to the terminal around it."""
    pieces = (text[start : start + SCREEN_PIECE] for start in range(0, len(text), SCREEN_PIECE))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def fed(command: tuple[str, ...], text: str) -> bytes:
    """Return the bytes that a program takes a text as."""
    if command[0] == "clip.exe" and not text.isascii():
        return text.encode("utf-16-le")  # which Windows knows from its zeros; it takes no UTF-8
    return text.encode()


# ---- words -------------------------------------------------------------------------------


def amount(text: str) -> str:
    """Return how much a text is, for people."""
    lines = text.rstrip("\n").count("\n") + 1
    count = f"{len(text):,} {'character' if len(text) == 1 else 'characters'}"
    return count + (f" in {lines:,} lines" if lines > 1 else "")


def sent_words(text: str, route: Route, *, first: bool = True) -> str:
    """Return what is said when a text went a way, without claiming more than is known.

    Args:
        text: what was copied.
        route: the way it went.
        first: whether nothing went that way before; what may become of it is said once.
    """
    if route.sure:
        return f"Copied {amount(text)} to {route.name} ({route.command[0]})."
    by = " (tmux)" if route.command else ""
    said = f"Sent {amount(text)} to {route.name}{by}"
    if not fits(route, text):
        return f"{said}; so much many terminals do not take. Paste to see whether it came."
    if not first or not route.doubt:
        return f"{said}."
    return f"{said}; {route.doubt}."


def helping(line: str) -> str:
    """Return what is said last of a line that takes a doubt away, so that it can be copied whole."""
    return f" What helps: {line}" if line else ""
