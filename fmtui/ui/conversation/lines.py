"""Lines of styled runs, and how text is laid out in them.

A line is a tuple of runs, a run is a text and a number of `styles.Style`. Cell widths are
those of `rich.cells`, by which the terminal strips are measured too, so a line that fits
here fits there. No line made here is ever wider than asked for.

A line that goes on in the next one ends with runs without text: one of `Style.WRAPPED` for
each space that was left out at the break, or one of `Style.BROKEN` where none was. Only so
can a paragraph be copied and searched as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rich.cells import cell_len, get_character_cell_size, split_graphemes

from fmtui.ui.conversation.characters import with_whole_characters
from fmtui.ui.conversation.styles import Style

Run = tuple[str, int]
"""A text and a number: its style in eight bits, the number of its link in 48, and above them its mark."""
Line = tuple[Run, ...]

GOES_ON = frozenset({int(Style.WRAPPED), int(Style.BROKEN)})
"""Styles of the runs without text that say that a line goes on in the next one."""
_STYLE_BITS = 8
_STYLE = (1 << _STYLE_BITS) - 1
_LINK_BITS = 48
_LINK = (1 << _LINK_BITS) - 1
_MARK_SHIFT = _STYLE_BITS + _LINK_BITS
_WRAPPED: Run = ("", int(Style.WRAPPED))
_BROKEN: Run = ("", int(Style.BROKEN))
_MOST_SPACES = 64
"""Spaces that are remembered where a line is broken at more."""

_UNSURE = 16
"""Characters at the end of a growing line of code that may still become one with what follows."""
TAB = 4
"""Columns between tab stops."""
_SIMPLE = (
    r"[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2015"
    r"\u2018-\u201f\u2022\u2026\u2500-\u25fc\u2800-\u28ff]*"
)
"""Text whose every character is one cell wide, whatever stands next to it."""
_NOT_AT_START = frozenset("、。，．・：；？！）」』】〉》〕｝ー々,.:;?!)]}")
"""What must not begin a line between wide characters, which need no space to break at."""
_NOT_AT_END = frozenset("（「『【〈《〔｛([{")
TOO_WIDE = "\ufffd"
"""Stands for a wide character where there is only one column."""

_Cut = tuple[int, int]


def style_of(number: int) -> int:
    """Return the style of a run's number."""
    return number & _STYLE


def link_of(number: int) -> int:
    """Return the number of the link that a run is a part of, 0 when it is none."""
    return number >> _STYLE_BITS & _LINK


def mark_of(number: int) -> int:
    """Return what a run is marked as on the screen, 0 when it is not."""
    return number >> _MARK_SHIFT


def linked(style: int, link: int) -> int:
    """Return a run's number from a style and the number of a link."""
    return style | link << _STYLE_BITS


def with_mark(number: int, mark: int) -> int:
    """Return a run's number with a mark; no mark takes the place of a stronger, larger one."""
    known = number >> _MARK_SHIFT
    return number if known >= mark else number ^ (known ^ mark) << _MARK_SHIFT


def width_of(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def width_of_runs(runs: Iterable[Run]) -> int:
    """Return how many columns runs take together."""
    return sum(width_of(text) for text, _ in runs)


def joined(runs: Iterable[Run]) -> list[Run]:
    """Return the runs without empty ones, neighbours of one style made one.

    What says that a line goes on stays.
    """
    out: list[Run] = []
    for text, style in runs:
        if not text:
            if style in GOES_ON:
                out.append((text, style))
            continue
        if out and out[-1][1] == style:
            out[-1] = (out[-1][0] + text, style)
        else:
            out.append((text, style))
    return out


def wrap_runs(runs: Sequence[Run], width: int, first: Line = (), rest: Line = ()) -> list[Line]:
    """Wrap runs at spaces, at wide characters, and anywhere where a word is longer than a line.

    Args:
        runs: what to lay out; line feeds end lines, tabs become spaces.
        width: columns of a line, at least 1.
        first: what stands before the first line.
        rest: what stands before the others; both count, and are left out where no room is left.
    """
    inner = width - max(width_of_runs(first), width_of_runs(rest))
    if inner < 1:
        return [*(wrap_runs(first, width) if first else []), *wrap_runs(runs, width)]
    lines, _ = _wrapped(_prepared(runs), inner)
    return prefixed(_narrowed(lines, inner), first, rest)


def wrap_open(runs: Sequence[Run], width: int) -> tuple[list[Line], list[Run]]:
    """Wrap the start of a text that goes on.

    Returns:
        The lines that nothing which follows can change, and the runs that were not laid out:
        put before what follows, they give the same lines as the whole.
    """
    ready = _prepared(runs)
    plain = "".join(text for text, _ in ready)
    # The last character may still grow wider, so nothing is decided by it.
    sure = len(plain) - 1
    while sure > 0 and (plain[sure - 1] == "\u200d" or _belongs(plain[sure])):
        sure -= 1
    lines, start = _wrapped(ready, width, max(0, sure))
    return _narrowed(lines[:-1], width), list(_sliced(ready, [(start, len(plain))])[0])


def _belongs(char: str) -> bool:
    """Whether a character belongs to the one before."""
    return char != "\n" and not get_character_cell_size(char)


def prefixed(lines: Sequence[Line], first: Line, rest: Line) -> list[Line]:
    """Return the lines with `first` before the first and `rest` before the others.

    Before an empty line the prefix ends without spaces.
    """
    if not first and not rest:
        return list(lines)
    out: list[Line] = []
    for number, line in enumerate(lines):
        prefix = rest if number else first
        if line and prefix and line[0][1] == prefix[-1][1]:
            out.append((*prefix[:-1], (prefix[-1][0] + line[0][0], line[0][1]), *line[1:]))
        else:
            out.append((*prefix, *line) if line else stripped(prefix))
    return out


def stripped(line: Line) -> Line:
    """Return the line without the spaces at its end."""
    end = len(line)
    while end and line[end - 1][1] in GOES_ON:
        end -= 1
    if end < len(line):
        return (*stripped(line[:end]), *line[end:])
    while line:
        text = line[-1][0].rstrip(" ")
        if text:
            return (*line[:-1], (text, line[-1][1]))
        line = line[:-1]
    return line


def fill_runs(runs: Sequence[Run], width: int) -> list[Line]:
    """Lay out runs of one line of code: every space is kept, lines break where they are full."""
    ready = _prepared(runs)
    plain = "".join(text for text, _ in ready)
    cuts = list(pairwise([*_filled(plain, width), len(plain)]))
    if len(cuts) < 2:
        return _narrowed([tuple(ready)], width)
    return _narrowed(_going_on(_sliced(ready, cuts), cuts, plain), width)


def fill_open(runs: Sequence[Run], width: int) -> tuple[list[Line], list[Run]]:
    """Lay out the start of a line of code that goes on.

    Returns:
        The lines that nothing which follows can change, and the runs that were not laid out:
        put before what follows, they give the same lines as the whole.
    """
    ready = _prepared(runs)
    plain = "".join(text for text, _ in ready)
    starts = _filled(plain, width)
    # The last characters may still grow wider, so the line that they begin or end is not decided.
    while len(starts) > 1 and starts[-1] > len(plain) - _UNSURE:
        starts.pop()
    if len(starts) < 2:
        return [], ready
    cuts = [*pairwise(starts), (starts[-1], len(plain))]
    lines = _going_on(_sliced(ready, cuts), cuts, plain)
    return _narrowed(lines[:-1], width), list(_sliced(ready, cuts[-1:])[0])


def _filled(plain: str, width: int) -> list[int]:
    """Return where the lines of a text start that are filled whatever they break; of an empty text none."""
    if _is_simple(plain):
        return list(range(0, len(plain), width))
    starts, used = [0], 0
    for begin, _, size in split_graphemes(plain)[0]:
        cells = min(size, width)
        if used + cells > width:
            starts.append(begin)
            used = 0
        used += cells
    return starts


def _is_simple(plain: str) -> bool:
    return plain.isascii() or re.fullmatch(_SIMPLE, plain) is not None


def _prepared(runs: Sequence[Run]) -> list[Run]:
    """Return the runs with tabs as spaces and no style change inside a character."""
    if any("\t" in text for text, _ in runs):
        runs = [(text.replace("\t", " " * TAB), style) for text, style in runs]
    ready = joined(runs)
    simple = all(_is_simple(text) for text, _ in ready)
    return ready if simple else joined(with_whole_characters(ready))


def _narrowed(lines: list[Line], width: int) -> list[Line]:
    """Replace wide characters where a single column cannot show them."""
    if width > 1:
        return lines
    return [
        tuple(
            ("".join(text[a:b] if cells < 2 else TOO_WIDE for a, b, cells in split_graphemes(text)[0]), style)
            for text, style in line
        )
        for line in lines
    ]


def _wrapped(runs: list[Run], width: int, length: int | None = None) -> tuple[list[Line], int]:
    """Return the lines of the first characters of prepared runs, and where the last of them starts."""
    plain = "".join(text for text, _ in runs)[:length]
    cuts: list[_Cut] = []
    start = 0
    for segment in plain.split("\n"):
        if _is_simple(segment):
            _cut_simple(plain, start, start + len(segment), width, cuts)
        else:
            _cut_graphemes(segment, start, width, cuts)
        start += len(segment) + 1
    return _going_on(_sliced(runs, cuts), cuts, plain), cuts[-1][0]


def _going_on(lines: list[Line], cuts: Sequence[_Cut], plain: str) -> list[Line]:
    """Mark the lines that go on in the next one: those that no line feed ends, and that are not empty."""
    for number in range(len(lines) - 1):
        end, start = cuts[number][1], cuts[number + 1][0]
        if not lines[number]:
            continue
        if end == start:
            lines[number] = (*lines[number], _BROKEN)
        elif plain[end] == " " and (start == end + 1 or "\n" not in plain[end:start]):
            lines[number] = (*lines[number], *([_WRAPPED] * min(start - end, _MOST_SPACES)))
    return lines


def _cut_simple(plain: str, start: int, end: int, width: int, cuts: list[_Cut]) -> None:
    while end - start > width:
        space = plain.rfind(" ", start, start + width + 1)
        if space <= start or not plain[start:space].strip(" "):
            space = start + width
        cut = space
        while cut > start and plain[cut - 1] == " ":
            cut -= 1
        following = space
        while following < end and plain[following] == " ":
            following += 1
        if following == end:
            end = cut  # only spaces are left: they hang beyond the line
            break
        cuts.append((start, cut))
        start = following
    cuts.append((start, end))


def _cut_graphemes(segment: str, offset: int, width: int, cuts: list[_Cut]) -> None:
    spans = split_graphemes(segment)[0]
    index = 0
    count = len(spans)
    while True:
        begin = index
        used = 0
        chance = -1  # the span that may begin the next line
        seen = False
        before, wide = "", False  # the character before, and whether it is wide
        while index < count:
            start, stop, cells = spans[index]
            char = segment[start:stop]
            if seen and (char == " " or before == " " or ((wide or cells > 1) and _may_break(before, char))):
                chance = index
            used += min(cells, width)
            if used > width:
                break
            seen = seen or char != " "
            before, wide = char, cells > 1
            index += 1
        else:
            cuts.append(
                (offset + (spans[begin][0] if begin < count else len(segment)), offset + len(segment))
            )
            return
        index = chance if chance > begin else max(index, begin + 1)
        cut = index
        while cut > begin and segment[spans[cut - 1][0] : spans[cut - 1][1]] == " ":
            cut -= 1
        while index < count and segment[spans[index][0] : spans[index][1]] == " ":
            index += 1
        first = spans[begin][0]
        cuts.append((offset + first, offset + (spans[cut - 1][1] if cut > begin else first)))
        if index == count:
            return


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters of which one is wide."""
    return after[0] not in _NOT_AT_START and before[0] not in _NOT_AT_END


def _sliced(runs: list[Run], cuts: list[_Cut]) -> list[Line]:
    """Return the runs of each part of their text; the parts are in order and do not overlap."""
    if len(runs) == 1:
        (text, style) = runs[0]
        return [((text[a:b], style),) if b > a else () for a, b in cuts]
    out: list[Line] = []
    index = offset = 0
    count = len(runs)
    for begin, end in cuts:
        while index < count and offset + len(runs[index][0]) <= begin:
            offset += len(runs[index][0])
            index += 1
        line: list[Run] = []
        at, start = index, offset
        while at < count and start < end:
            text, style = runs[at]
            piece = text[max(0, begin - start) : end - start]
            if piece:
                line.append((piece, style))
            start += len(text)
            at += 1
        out.append(tuple(line))
    return out
