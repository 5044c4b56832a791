"""How full a model's context is, and what to leave out when it would overflow.

Servers count the tokens of a request only once they have answered it. What the last answered
request was counted as is known; what came since, and every part of it, is guessed from the
number of characters, at the rate that this count shows.

Where a conversation has outgrown a window, what is sent of it begins later than it does.
Nothing is taken away for that: a session keeps where each of its branches begins.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import accumulate

from fmtui.core.attachments import pictures_of
from fmtui.core.chat import Turns
from fmtui.core.record import NamedTuple

_CHARACTERS = 4.0
"""Characters of a token, where no count says better: as English has."""
_LEAST, _MOST = 0.8, 8.0
"""Characters of a token that a count can show; other scripts have about one. The rest are odd counts."""
_PICTURE = 6_000
"""Characters' worth of tokens of a picture: servers count from 300 to 1,600 tokens for one."""
_MESSAGE = 16
"""Characters' worth of tokens that a server adds for each message."""
SUMMARY = "A summary of the conversation up to here:"
"""Stands before the summary that is sent in place of turns."""
_WINDOW = re.compile(
    r"(?:maximum context length|context window|context size|context length|n_ctx)\D{0,40}?(\d[\d,]*)"
    r"|> ?(\d[\d,]*) (?:token )?(?:maximum|limit)"
    r"|\blimit (?:of|is) (\d[\d,]*) tokens",
    re.IGNORECASE,
)
_MOST_CUTS = 8
"""Most beginnings of its branches that a session keeps."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_LOOK_BACK = 8
"""Turns that are looked at for counts and pictures: each has to be parsed, and one that old helps little."""


class Cut(NamedTuple):
    """Where the sent history of a branch begins: in every branch that has this turn."""

    first: str
    """The id of the first turn that is sent."""
    since: datetime
    """When that was chosen, with a zone; a later choice wins, also that of the very first turn."""
    summary: str = ""
    """What is sent in place of the turns before; empty where nothing is."""

    @property
    def said(self) -> str:
        """What the model is told of the turns before; empty for nothing."""
        return f"{SUMMARY}\n\n{self.summary}" if self.summary else ""


def with_cut(cuts: Sequence[Cut], cut: Cut) -> tuple[Cut, ...]:
    """Return the cuts with one more; those that were chosen long ago give way."""
    return (*(other for other in cuts if other.first != cut.first), cut)[-_MOST_CUTS:]


def cut_tables(cuts: Iterable[Cut]) -> list[dict[str, object]]:
    """Return cuts as tables for a file."""
    return [
        {"from": cut.first, "since": cut.since} | ({"summary": cut.summary} if cut.summary else {})
        for cut in cuts
    ]


def cuts_from(tables: object) -> tuple[Cut, ...]:
    """Return the cuts of a file's tables, which a person may have written: what is no cut is left out."""
    found: list[Cut] = []
    for table in tables if isinstance(tables, list) else ():
        first = table.get("from") if isinstance(table, dict) else None
        if not isinstance(first, str):
            continue
        since, summary = table.get("since"), table.get("summary")
        since = since if isinstance(since, datetime) else _LONG_AGO
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        found.append(Cut(first, since, summary if isinstance(summary, str) else ""))
    return tuple(found)


def cut_of(cuts: Sequence[Cut], ids: Sequence[str]) -> tuple[Cut, int] | None:
    """Return where what is sent of a path begins, and the index of that turn; None where nobody chose.

    Args:
        cuts: of the session, those chosen later behind those chosen before.
        ids: of the turns of the path.
    """
    wanted = {cut.first for cut in cuts}
    places = {turn_id: index for index, turn_id in enumerate(ids) if turn_id in wanted}
    found: Cut | None = None
    for cut in cuts:
        if cut.first in places and (found is None or cut.since >= found.since):
            found = cut
    return None if found is None else (found, places[found.first])


def told_window(message: str) -> int | None:
    """Return the window that a server names in refusing a request as too long; None where it names none."""
    found = _WINDOW.search(message)
    if found is None:
        return None
    window = int((found[1] or found[2] or found[3]).replace(",", "")[:12])
    return window if window > 0 else None


class Load(NamedTuple):
    """How many tokens a request has."""

    tokens: int
    """Of the system prompt and all turns that are sent."""
    answer: int
    """That the answer may have: max_tokens."""
    window: int | None
    """That both may have together; None where nobody said."""
    guessed: bool
    """Whether a part of `tokens` was guessed."""

    @property
    def share(self) -> float | None:
        """The part of the window that is taken without the answer; None where the window is not known."""
        return self.tokens / self.window if self.window else None

    @property
    def overflows(self) -> bool:
        """Whether a full answer has no room."""
        return self.window is not None and self.tokens + self.answer > self.window


class Context:
    """The tokens of a path of turns and of its ends.

    Args:
        path: the turns so far.
        first: the index of the first that is sent.
        since: when it was chosen to be the first; what servers counted before holds other turns.
        system: the system prompt, and a summary of what is not sent.
    """

    def __init__(
        self, path: Turns, first: int = 0, since: datetime | None = None, *, system: str = ""
    ) -> None:
        self._path = path
        self._first = first
        self._before = _weight(system) if system else 0
        seen = _pictures(path, first)
        self._sums = [
            *accumulate(
                path.weight(index) + _MESSAGE + seen.get(index, 0) for index in range(first, len(path))
            )
        ]
        self._counted, self._index = self._last_count(first, since)
        self._per_token = _CHARACTERS
        if self._counted:
            characters = self._before + self._characters(first, self._index + 1)
            self._per_token = min(_MOST, max(_LEAST, characters / self._counted))

    def load(self, *, prompt: str = "", answer: int, window: int | None, first: int | None = None) -> Load:
        """Return how many tokens the next request has.

        Args:
            prompt: what is about to be sent; may be empty.
            answer: max_tokens.
            window: of the model; None where it is not known.
            first: the index of the first turn that is sent, if not the one that it was made with.
        """
        begin = self._first if first is None else first
        more = _weight(prompt) if prompt else 0
        if begin == self._first and self._counted:
            more += self._characters(self._index + 1, len(self._path))
            return Load(self._counted + self._tokens(more), answer, window, guessed=more > 0)
        more += self._before + self._characters(begin, len(self._path))
        return Load(self._tokens(more), answer, window, guessed=True)

    def first_that_fits(
        self, *, prompt: str, answer: int, window: int, is_prompt: Callable[[int], bool]
    ) -> int | None:
        """Return the index of the first turn to send so that an answer has room, as few left out as possible.

        It is a prompt's: servers refuse a history that begins with an answer. The length of
        the path when only the new prompt is left; None when even that is too long.

        Args:
            prompt: what is about to be sent; may be empty, and the last turn of the path is then sent.
            answer: max_tokens.
            window: of the model.
            is_prompt: tells whether the turn of an index is one; asked of a few only.
        """
        last = len(self._path) if prompt else len(self._path) - 1
        begins = range(self._first, last + 1)

        def fits(begin: int) -> bool:
            return not self.load(prompt=prompt, answer=answer, window=window, first=begin).overflows

        for begin in begins[bisect_left(begins, True, key=fits) :]:
            if begin == len(self._path) or is_prompt(begin):
                return begin
        return None

    def _last_count(self, least: int, since: datetime | None) -> tuple[int | None, int]:
        """Return what a server counted last, and the index of the answer with which it told so."""
        for index in range(len(self._path) - 1, max(least, len(self._path) - _LOOK_BACK) - 1, -1):
            turn = self._path[index]
            if since is not None and turn.created < since:
                break
            usage = turn.usage
            if turn.role != "assistant" or usage is None or usage.estimated:
                continue
            if usage.prompt_tokens is None or usage.completion_tokens is None:
                continue
            # Reasoning is not sent back.
            kept = usage.completion_tokens - (usage.reasoning_tokens or 0)
            return usage.prompt_tokens + max(0, kept), index
        return None, self._first - 1

    def _characters(self, begin: int, end: int) -> int:
        """Return what the turns from one index to another weigh."""
        if end <= begin:
            return 0
        before = self._sums[begin - self._first - 1] if begin > self._first else 0
        return self._sums[end - self._first - 1] - before

    def _tokens(self, characters: int) -> int:
        return -int(-characters // self._per_token)


def _pictures(path: Turns, least: int) -> dict[int, int]:
    """Return what the pictures weigh that the last prompts name."""
    texts = {index: path[index].text for index in range(max(least, len(path) - _LOOK_BACK), len(path))}
    return {index: _PICTURE * len(pictures_of(text)) for index, text in texts.items() if "⟦" in text}


def _weight(text: str) -> int:
    return len(text) + _MESSAGE + _PICTURE * len(pictures_of(text))
