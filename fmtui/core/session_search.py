"""Full-text search over all sessions: newest first, each hit as soon as it is found.

Files are looked at as bytes; only one that may hold all words is parsed, and of it only the
turns that may. Ten thousand sessions are searched while a user types, in a thread.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import accumulate
from pathlib import Path

from fmtui.core.chat import Role, Turn
from fmtui.core.record import NamedTuple
from fmtui.core.session_file import BrokenError, turn_from, turn_tables
from fmtui.core.session_heads import read_head
from fmtui.core.session_scan import BOM, Scan, scan

BEFORE, AFTER = 40, 100
"""Characters of a snippet before and after the start of the best place."""

_MORE = 1_000_000
_WORDS = re.compile(r'"([^"]*)"?|(\S+)')
_ESCAPED = re.compile(r"[\s\"\\\[\x00-\x1f\x7f-\x9f]+")
"""What a file may hold in another form than the text."""
_LAST_CASED = 0x1E943
"""The last character that has two cases."""


class Hit(NamedTuple):
    """A turn that holds all that was asked for, or a title that does."""

    session_id: str
    title: str
    updated: datetime
    """When the session was changed last."""
    turn_id: str
    """Empty for a hit in the title alone."""
    role: Role | None
    created: datetime
    """Of the turn, or of the session."""
    model: str
    """That was asked; empty where it is not known."""
    snippet: str
    """What stands around the best place, on one line."""
    marks: tuple[tuple[int, int], ...]
    """Where the matches are in the snippet, from that place on: start and end."""
    sought: str
    """What to look for in the turn to come to that place."""
    nth: int
    """How often that stands before it."""


class Spot(NamedTuple):
    """The best place of a text: where the words stand together, else where they are nearest."""

    start: int
    end: int
    rank: int
    """0 for words that stand together, 1 for words that are near, 2 for words far apart."""
    sought: str
    """A text that is found there."""
    nth: int
    """How often that stands before."""
    places: Sequence[tuple[int, int]]
    """Where any of the words are from there on: start and end."""


class Query:
    """What is looked for: words, and phrases in quotes, all of them, whatever their case.

    Args:
        text: as it was typed; a quote that is not closed yet ends with the text.
    """

    def __init__(self, text: str) -> None:
        found = (phrase or word for phrase, word in _WORDS.findall(text))
        folded = (" ".join(each.casefold().split()) for each in found)
        self.words = tuple(dict.fromkeys(word for word in folded if word))
        patterns = [re.escape(word).replace(r"\ ", r"\s+") for word in self.words]
        self._patterns = [re.compile(pattern) for pattern in patterns]
        self._phrase = re.compile(r"\s+".join(patterns))
        # The longest part of each that is in a file exactly as in the text.
        self._parts = [max(_ESCAPED.split(word), key=len) for word in self.words]
        self._ascii = all(part.isascii() for part in self._parts)
        self._bytes = [part.encode() for part in self._parts]
        forms = _forms()
        chars = {char for part in self._parts for char in part}
        # The first two bytes of other forms of letters of ASCII: few files have any of them.
        self._odd = {form[:2] for char in chars if char.isascii() for form in forms.get(char, ())}
        self._needed = [{char.encode(), *forms.get(char, ())} for char in chars if not char.isascii()]

    def __bool__(self) -> bool:
        return bool(self.words)

    def may_be_in(self, data: bytes) -> bool:
        """Return whether a part of a file may hold all words; when not, it does not."""
        if self._ascii:
            small = data.lower()
            if all(part in small for part in self._bytes):
                return True
        if data.isascii():
            return False
        if not all(any(form in data for form in forms) for forms in self._needed):
            return False
        if self._ascii and not any(form in data for form in self._odd):
            return False
        text = data.decode(errors="replace").casefold()
        return all(part in text for part in self._parts)

    def found(self, text: str) -> list[tuple[int, int] | None]:
        """Return for each word where it is in the text first, None where it is not."""
        folded = text.casefold()
        at: Sequence[int] | None = None
        found: list[tuple[int, int] | None] = []
        for pattern in self._patterns:
            match = pattern.search(folded)
            if match is None:
                found.append(None)
                continue
            if at is None:
                at = _positions(text, folded)
            found.append((at[match.start()], at[match.end() - 1] + 1))
        return found

    def all_in(self, text: str) -> list[tuple[int, int, int]]:
        """Return where any of the words are in the text, and which of them it is."""
        folded = text.casefold()
        at = _positions(text, folded)
        return sorted(
            (at[match.start()], at[match.end() - 1] + 1, number)
            for number, pattern in enumerate(self._patterns)
            for match in pattern.finditer(folded)
        )

    def spot(self, text: str) -> Spot:
        """Return the best place in a text that has at least one of the words."""
        places = self.all_in(text)
        folded = text.casefold()
        match = self._phrase.search(folded)
        if match is None:
            start, end = _nearest(places)
            rank = 1 if end - start <= AFTER else 2
        else:
            at = _positions(text, folded)
            start, end, rank = at[match.start()], at[match.end() - 1] + 1, 0
        later = [(first, last) for first, last, _ in places if first >= start]
        if match is not None and "\n" not in text[start:end]:
            return Spot(start, end, rank, " ".join(text[start:end].split()), 0, later)
        # The rarest is looked for: it is mostly the one that is meant, and surest to be come to.
        counts = Counter(number for _, _, number in places)
        inside = (place for place in places if start <= place[0] and place[1] <= end)
        first, last, number = min(inside, key=lambda place: counts[place[2]], default=(start, end, -1))
        before = sum(1 for place in places if place[2] == number and place[0] < first)
        return Spot(start, end, rank, " ".join(text[first:last].split()), before, later)


@cache
def _forms() -> dict[str, set[bytes]]:
    """Return for each character the others that are the same, or hold it, where case does not matter."""
    found: dict[str, set[bytes]] = {}
    for char in map(chr, range(0x80, _LAST_CASED + 1)):
        folded = char.casefold()
        if folded != char:
            for each in folded:
                found.setdefault(each, set()).add(char.encode())
    return found


def _positions(text: str, folded: str) -> Sequence[int]:
    """Return for each character of the folded text which character of the text it is from."""
    if len(folded) == len(text):  # folding never makes a text shorter
        return range(len(text))
    return [index for index, char in enumerate(text) for _ in char.casefold()]


def _nearest(places: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    """Return the shortest part of a text that has each of its words, the first of equals.

    Args:
        places: where the words are, in order: start, end and which word it is.
    """
    words = len({number for _, _, number in places})
    last: dict[int, tuple[int, int]] = {}
    best: tuple[int, int] | None = None
    for start, end, number in places:
        last[number] = start, end
        if len(last) == words:
            first = min(at for at, _ in last.values())
            stop = max(at for _, at in last.values())
            if best is None or stop - first < best[1] - best[0]:
                best = first, stop
    return best or (0, 0)


def search(
    folder: Path, query: Query, go_on: Callable[[], bool] = lambda: True, *, ending: str = ".toml"
) -> Iterator[Hit]:
    """Yield what is found, the session that was changed last first.

    Of its turns those come first that have the words together, then those that have them near
    each other, then the other ones that have them all; otherwise they are in their order.
    A hit is a turn that, together with the title, holds all words, and at least one of them itself;
    a title that holds all of them is one without a turn. Files that cannot be read are passed over.

    Args:
        folder: where the sessions are.
        query: what to look for; nothing is found for an empty one.
        go_on: asked before each file; False ends it.
        ending: of the names of session files.

    Raises:
        OSError: the folder cannot be read.
    """
    if not query:
        return
    for name, size in _newest_first(folder, ending):
        if not go_on():
            return
        path = os.path.join(folder, name)  # noqa: PTH118 - ten thousand times, in a fifth of the time
        data = _read(path, size)
        if query.may_be_in(data):
            yield from _in_session(path, name.removesuffix(ending), data, query)


def _newest_first(folder: Path, ending: str) -> list[tuple[str, int]]:
    """Return the names of the files and their sizes, the one that was changed last first."""
    files: list[tuple[int, str, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ending) and entry.name[0] != ".":
                try:
                    stat = entry.stat()
                except OSError:  # a link to nowhere, or just taken away
                    continue
                files.append((stat.st_mtime_ns, entry.name, stat.st_size))
    files.sort(reverse=True)
    return [(name, size) for _, name, size in files]


def _read(path: str, size: int) -> bytes:
    """Return the bytes of a file, of about this size; none where it cannot be read."""
    try:
        # Whatever lies there under a session's name, such as a pipe, it must not be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            data = os.read(descriptor, size + 1)
            while part := os.read(descriptor, _MORE) if len(data) != size else b"":
                data += part  # it has grown, or the system gave less than there was
            return data
        finally:
            os.close(descriptor)
    except OSError:
        return b""


def _in_session(path: str, session_id: str, data: bytes, query: Query) -> Iterator[Hit]:
    found = scan(data, session_id)
    head = read_head(path, session_id, draft=False)
    in_title = query.found(found.head.title)
    if None not in in_title:
        about = cut(found.head.title, query)
        yield Hit(session_id, head.title, head.updated, "", None, head.created, head.model, *about, "", 0)
    hits: list[tuple[int, Hit]] = []
    for turn in _turns(data, found, query, whole=any(in_title)):
        text = turn.text
        here = query.found(text)
        if not _is_hit(here, in_title) and turn.reasoning:
            text = f"{turn.reasoning}\n{text}"  # as it is shown
            here = query.found(text)
        if _is_hit(here, in_title):
            spot = query.spot(text)
            model = turn.params.model if turn.params is not None else ""
            who = turn.id, turn.role, turn.created, model
            about = cut(text, query, spot)
            hit = Hit(session_id, head.title, head.updated, *who, *about, spot.sought, spot.nth)
            hits.append((3 if None in here else spot.rank, hit))
    hits.sort(key=lambda each: each[0])
    for _, hit in hits:
        yield hit


def _is_hit(here: Sequence[object], in_title: Sequence[object]) -> bool:
    return any(here) and all(a or b for a, b in zip(here, in_title, strict=True))


def _turns(data: bytes, found: Scan, query: Query, *, whole: bool) -> Iterator[Turn]:
    """Yield the turns that may be hits; all of them where the title has a part of what is looked for."""
    for entry in found.entries:
        piece = data[entry.start : entry.end]
        if not whole and not query.may_be_in(piece):
            continue
        try:
            table = turn_tables(piece.removeprefix(BOM))[entry.nth]
        except (BrokenError, IndexError):
            continue
        yield turn_from(table, entry.id, entry.parent)


def cut(text: str, query: Query, spot: Spot | None = None) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return what stands around the best place, on one line, and where the matches from there on are."""
    first, stop, *_, places = spot or query.spot(text)
    first_end = min(stop, first + 2 * AFTER)
    start = max(0, first - BEFORE)
    if start:  # at a word, if one begins there
        gap = re.compile(r"\s").search(text, start, first)
        start = gap.end() if gap else start
    end = min(len(text), max(first + AFTER, first_end))
    piece = text[start:end]
    # Blanks are drawn together; each character knows where it went.
    kept = [
        not char.isspace() or (index > 0 and not piece[index - 1].isspace())
        for index, char in enumerate(piece)
    ]
    at = [0, *accumulate(kept)]
    row = "".join(" " if char.isspace() else char for char, keep in zip(piece, kept, strict=True) if keep)
    lead = "…" if start else ""
    marks: list[tuple[int, int]] = []
    done = start
    for place, place_end in places:
        if done <= place and place_end <= end:
            marks.append((len(lead) + at[place - start], len(lead) + at[place_end - start]))
            done = place_end
    return f"{lead}{row}{'…' if end < len(text) else ''}", tuple(marks)
