"""How full a model's context is, and what to leave out when it would overflow.

Servers count the tokens of a request only once they have answered it. What the last answered
request was counted as is known; what came since, and every part of it, is guessed from the
number of characters, at the rate that this count shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from fmtui.core.chat import Turns
from fmtui.core.record import NamedTuple

ALMOST = 0.8
"""The part of a window from which it is worth saying how full it is."""
_CHARACTERS = 4.0
"""Characters of a token, where no count says better: as English has."""
_LEAST, _MOST = 0.8, 8.0
"""Characters of a token that a count can show; other scripts have about one. The rest are odd counts."""
_MESSAGE = 16
"""Characters' worth of tokens that a server adds for each message."""
_LOOK_BACK = 8
"""Turns that are looked at for a count: each has to be parsed, and one that old helps little."""


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
        counted_from: the index of the first answer that was asked for with `first` as it is; what
            servers counted before holds turns that are no longer sent.
        system: the system prompt, and a summary of what is not sent.
    """

    def __init__(self, path: Turns, first: int = 0, counted_from: int = 0, *, system: str = "") -> None:
        self._path = path
        self._first = first
        self._before = _weight(system) if system else 0
        self._sums = [*accumulate(path.weight(index) + _MESSAGE for index in range(first, len(path)))]
        self._counted, self._index = self._last_count(max(first, counted_from))
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

    def first_that_fits(self, *, prompt: str, answer: int, window: int, roles: Sequence[str]) -> int | None:
        """Return the index of the first turn to send so that an answer has room, as few left out as possible.

        It is a prompt's: servers refuse a history that begins with an answer. The length of
        the path when only the new prompt is left; None when even that is too long.

        Args:
            prompt: what is about to be sent; may be empty, and the last turn of the path is then sent.
            answer: max_tokens.
            window: of the model.
            roles: of the turns of the path.
        """
        last = len(self._path) if prompt else len(self._path) - 1
        for begin in range(self._first, last + 1):
            if begin < len(self._path) and roles[begin] != "user":
                continue
            if not self.load(prompt=prompt, answer=answer, window=window, first=begin).overflows:
                return begin
        return None

    def _last_count(self, least: int) -> tuple[int | None, int]:
        """Return what a server counted last, and the index of the answer with which it told so."""
        for index in range(len(self._path) - 1, max(least, len(self._path) - _LOOK_BACK) - 1, -1):
            turn = self._path[index]
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


def _weight(text: str) -> int:
    return len(text) + _MESSAGE
