"""What stands around the texts of a turn, as lines: a header, tool calls, how it ended.

A finished turn and a live one are laid out by the same functions here, so that the end of
a reply moves nothing. Every text of others passes `printable` or `one_line` on its way in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fmtui.core.chat import Params, ToolCall, Turn
from fmtui.core.text import one_line
from fmtui.ui.conversation.lines import Line, fill_runs, width_of, width_of_runs, wrap_runs
from fmtui.ui.conversation.markdown import render_plain
from fmtui.ui.conversation.styles import Style
from fmtui.ui.figures import SEPARATOR, Tone, ended_line, failure_message
from fmtui.ui.fitting import fit

BLANK: Line = ()
BAR = "▌ "
"""Stands before every line of a prompt, as before the editor it came from: who speaks is seen at a glance."""
_SHORTEST_RULE = 4
_TONES: dict[Tone, int] = {
    "plain": Style.META,
    "good": Style.META,
    "warning": Style.WARNING,
    "error": Style.ERROR,
}


def local_now() -> datetime:
    """Return the time that headers are dated against."""
    return datetime.now().astimezone()


def header(turn: Turn, width: int, now: datetime, sibling: str = "") -> list[Line]:
    """Return the empty line before a turn, and the line that says who speaks, where from and when.

    Args:
        turn: the turn.
        width: columns.
        now: the present, which decides how the time is said.
        sibling: which of its siblings it is; empty where it has none.
    """
    place = ""
    if turn.role == "user":
        mark, style, name = BAR, Style.USER_MARK, "You"
    elif turn.role == "assistant":
        asked = turn.params if turn.params is not None else Params()
        mark, style, name = "● ", Style.ASSISTANT_MARK, one_line(asked.model, 80) or "Assistant"
        place = f"  {one_line(asked.endpoint, 40)}" if asked.endpoint else ""
    else:
        mark, style, name = "● ", Style.META, "Context" if turn.id == "context" else "System"
    name = f"{name}  {sibling}" if sibling else name
    time = _time(turn.created, now)
    room = width - width_of(mark + name) - width_of(time)
    if room >= 2:
        # Two endpoints may have models of one name: where there is room it says whose this was.
        place = place if width_of(place) <= room - 2 else ""
        gap = " " * (room - width_of(place))
        where = ((place, Style.META),) if place else ()
        return [BLANK, ((mark + name, style), *where, (gap, Style.PLAIN), (time, Style.META))]
    return [BLANK, *fill_runs([(mark + name, style)], width)]


def _time(when: datetime, now: datetime) -> str:
    local = when.astimezone(now.tzinfo)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


def is_markdown(turn: Turn) -> bool:
    """Whether a turn's text is markdown: completions continue plain text, prompts are shown as typed."""
    return turn.role == "assistant" and (turn.params is None or turn.params.mode == "chat")


def reasoning_label(figures: str, width: int, *, closed: bool) -> Line:
    """Return the line above reasoning, or in its place: always one, so that folding moves nothing else."""
    said = f"{'▸' if closed else '▾'} reasoning{SEPARATOR}{figures}"
    return ((fit(said, width), int(Style.FOLD)),)


def tool_lines(calls: Sequence[ToolCall], width: int) -> list[Line]:
    """Return one `[tool call name(arguments)]` a call."""
    lines: list[Line] = []
    for call in calls:
        shown = f"[tool call {one_line(call.name, 200)}({one_line(call.arguments, 4_000)})]"
        lines += render_plain(shown, width, Style.META)
    return lines


def notice_lines(notices: Sequence[str], width: int) -> list[Line]:
    """Return what was odd about the stream, dimmed."""
    lines: list[Line] = []
    for notice in notices:
        lines += render_plain(f"note: {one_line(notice, 600)}", width, Style.META)
    return lines


def ending_lines(turn: Turn, width: int) -> list[Line]:
    """Return the error of a turn, if any, and the line of figures that ends a reply."""
    lines: list[Line] = []
    failure = turn.error
    if failure is not None:
        style = Style.ERROR if turn.outcome == "error" else Style.WARNING
        lines += _hanging("✗ ", failure_message(failure), width, style)
        if failure.hint:
            lines += _hanging("  ", one_line(failure.hint, 600), width, Style.PLAIN)
    words, tone = ended_line(replace(turn, error=None) if failure is not None else turn)
    if words:
        # The error was said in its own lines already; the figures under it stay quiet.
        style = _TONES[tone] if failure is None else Style.META
        for row in _packed(words.split(SEPARATOR), width):
            lines += render_plain(row, width, style)
        lines[-1] = _ruled(lines[-1], width)
    return lines


def _hanging(mark: str, words: str, width: int, style: int) -> list[Line]:
    """Return one paragraph of which all lines but the first are indented as far as the mark reaches."""
    return wrap_runs([(words, style)], width, ((mark, style),), ((" " * len(mark), style),))


def _packed(figures: Sequence[str], width: int) -> list[str]:
    """Return rows of figures, none of which is torn apart if it fits into a row."""
    rows: list[str] = []
    for figure in figures:
        longer = f"{rows[-1]}{SEPARATOR}{figure}" if rows else figure
        if rows and width_of(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(figure)
    return rows


def _ruled(line: Line, width: int) -> Line:
    """Return the last line of a reply with a rule behind it: here an exchange ends."""
    room = width - width_of_runs(line) - 1
    if room < _SHORTEST_RULE:
        return line
    return (*line, (" ", Style.PLAIN), ("─" * room, Style.RULE))
