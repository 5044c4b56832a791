"""What an empty conversation says: what was found, what is wrong, and the keys to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fmtui.core.endpoints import DEMO, LOCAL_SERVERS, Endpoint
from fmtui.core.text import one_line, printable
from fmtui.ui.fitting import fit

_KEYS = (
    (("prompt.newline", "new line"), ("model.switch", "model"), ("session.list", "sessions")),
    (("reply.stop", "stop"), ("sidebar.toggle", "sidebar"), ("app.help", "help")),
)
"""The commands to begin with, as they stand in lines and columns."""
DEMO_WORDS = (
    "This is the demo: canned replies, no model behind them.",
    "Send help to see what it shows.",
)
_FOUND = 3
"""Endpoints that are listed by name, so that the whole has five lines."""
_WIDEST = 62
"""Cells of a line about an endpoint."""
_PROBLEMS = 3
"""Problems that are told: more would leave no room for what can be done all the same."""


def keys_to_begin(way: Callable[[str], str]) -> list[str]:
    """Return what to do first, with the keys as the user has them.

    Args:
        way: gives the key of a command, or what is typed for it.
    """
    lines = [[(way(id_), what) for id_, what in line] for line in _KEYS]
    widths = [
        (max(len(line[at][0]) for line in lines), max(len(line[at][1]) for line in lines))
        for at in range(len(_KEYS[0]))
    ]
    table = [
        "    ".join(
            f"{key:{room}}  {what:{words}}" for (key, what), (room, words) in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]
    return [f"Type a prompt and press {way('prompt.send')}.", "", *table]


def welcome(
    endpoint: Endpoint,
    endpoints: Sequence[Endpoint],
    *,
    way: Callable[[str], str],
    problems: Sequence[object] = (),
    looking: bool = False,
    found: bool = False,
) -> list[str]:
    """Return the lines.

    Args:
        endpoint: what the next prompt is sent to.
        endpoints: all that is offered, the demo last.
        way: gives the key of a command, or what is typed for it.
        problems: what is wrong with the configuration.
        looking: whether servers of this machine are still looked for.
        found: whether to say what was found, as at the first start.
    """
    parts: list[Sequence[str]] = []
    if problems:
        told = [printable(str(problem)) for problem in problems[:_PROBLEMS]]
        more = len(problems) - len(told)
        parts.append([*told, f"And {more} more: fmtui endpoints tells all."] if more else told)
    if len(endpoints) == 1:
        parts.append(_nothing(looking=looking))
    else:
        parts += [DEMO_WORDS] if endpoint.name == DEMO.name else []
        parts += [_found(endpoint, endpoints, way)] if found else []
    lines: list[str] = []
    for part in parts:
        lines += [*part, ""]
    return [*lines, *keys_to_begin(way)]


def _nothing(*, looking: bool) -> list[str]:
    """Return what to do when there is nothing but the demo."""
    names = [server.name for server in LOCAL_SERVERS]
    here = f"looking for {', '.join(names)} …" if looking else f"start {', '.join(names[:-1])} or {names[-1]}"
    return [  # as wide as the conversation is beside the sidebar in 100 columns
        "Nothing was found to talk to; this is the demo: canned replies.",
        "Databricks   set DATABRICKS_HOST, DATABRICKS_TOKEN; or its CLI",
        "Other hosts  set OPENAI_API_KEY, OPENAI_BASE_URL",
        f"This machine {here}",
        "A file       see: fmtui config path; /endpoints looks again",
    ]


def _found(endpoint: Endpoint, endpoints: Sequence[Endpoint], way: Callable[[str], str]) -> list[str]:
    """Return what was found, the endpoint that is used first."""
    others = [other for other in endpoints if other.name not in (endpoint.name, DEMO.name)]
    named = ([endpoint] if endpoint.name != DEMO.name else []) + others
    shown = named[:_FOUND]
    width = max(len(one_line(each.name, 24)) for each in shown)
    lines = [  # one row each, also beside the sidebar in 100 columns
        fit(f"{'▸' if each is endpoint else ' '} {one_line(each.name, 24):{width}}  {_where(each)}", _WIDEST)
        for each in shown
    ]
    more = len(named) - len(shown)
    others_too = f"and {more} more; " if more else ""
    return ["Found here:", *lines, f"  {others_too}{way('sidebar.toggle')} chooses, /endpoints looks again"]


def _where(endpoint: Endpoint) -> str:
    """Return where an endpoint came from, with the place of its key where that is another."""
    source = one_line(endpoint.source, 40)
    key = one_line(endpoint.credential.source, 60).partition(",")[
        0
    ]  # the reason behind it is for `endpoints -v`
    return source if not key or source in key else f"{source}, key: {key}"
