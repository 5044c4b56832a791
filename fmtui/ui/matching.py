"""Finding names by some of their letters, in time that grows with their length only.

`textual.fuzzy` weighs every way to lay the letters over the name: measured, eight typed
letters and one name of sixty took 18 seconds. Names come from servers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


class Query:
    """What was typed, ready to be looked for in thousands of names.

    Every word of it must occur, in any order, as a part of the name or else as letters in
    their order. Parts count more than letters, starts of words more than middles.
    """

    def __init__(self, text: str) -> None:
        self.text = text.lower().strip()
        # Each word with the words that start in its middle, as in `llama-3`: they start there in a name too.
        self._words = [
            (word, sum(_starts_word(word, at) for at in range(1, len(word)))) for word in text.lower().split()
        ]

    def score(self, folded: str) -> float:
        """Return how well a name in small letters matches; 0 when it does not."""
        total = 0.0
        for word, inner in self._words:
            at = folded.find(word)
            if at >= 0:
                starts = inner + _starts_word(folded, _start(word, folded, at))
                total += 2.0 * len(word) + starts + len(word) / (len(folded) + 1)
                continue
            positions = _scattered(word, folded)
            if not positions:
                return 0.0
            total += _score(positions, folded)
        return total

    def positions(self, name: str) -> tuple[int, ...]:
        """Return the places of a name that match; none when it does not."""
        folded = name.lower()
        where: set[int] = set()
        for word, _ in self._words:
            at = folded.find(word)
            start = _start(word, folded, at) if at >= 0 else 0
            found = range(start, start + len(word)) if at >= 0 else _scattered(word, folded)
            if not found:
                return ()
            where.update(found)
        return tuple(sorted(where))


def match(query: str, name: str) -> tuple[float, tuple[int, ...]]:
    """Return how well a name matches, and the places that do; 0 and none when it does not."""
    made = Query(query)
    score = made.score(name.lower())
    return score, made.positions(name) if score else ()


def _start(word: str, name: str, at: int) -> int:
    """Return where a word is meant to be found in a name that has it at a place first.

    The start of a word is what people mean, so a later one there is better than an earlier one inside.
    """
    later = at
    while later >= 0 and not _starts_word(name, later):
        later = name.find(word, later + 1)
    return at if later < 0 else later


def _scattered(word: str, name: str) -> Sequence[int]:
    """Return where the letters of a word are, close to each other; empty if they are not there in order."""
    end = -1
    for letter in word:
        end = name.find(letter, end + 1)
        if end < 0:
            return ()
    # Going back from the first place where it ends finds the closest letters before it.
    positions: list[int] = []
    for letter in reversed(word):
        end = name.rfind(letter, 0, end + 1)
        positions.append(end)
        end -= 1
    return positions[::-1]


def _starts_word(name: str, position: int) -> bool:
    return position == 0 or not name[position - 1].isalnum()


def _score(positions: Sequence[int], name: str) -> float:
    """Return what letters that are not together count."""
    groups = 1 + sum(later != earlier + 1 for earlier, later in pairwise(positions))
    starts = sum(_starts_word(name, position) for position in positions)
    return len(positions) / groups + starts + len(positions) / (len(name) + 1)
