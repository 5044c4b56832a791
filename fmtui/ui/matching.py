"""Finding a name by some of its letters, in time that grows with its length only.

`textual.fuzzy` weighs every way to lay the letters over the name: measured, eight typed
letters and one name of sixty took 18 seconds. Names come from servers.
"""

from __future__ import annotations

from itertools import pairwise


def match(query: str, name: str) -> tuple[float, tuple[int, ...]]:
    """Return how well a name matches, and the positions that do; 0 when it does not.

    Every word of the query must occur, in any order, as a part of the name or else as
    letters in their order. Parts count more than letters, starts of words more than middles.
    """
    folded = name.lower()
    total = 0.0
    where: set[int] = set()
    for word in query.lower().split():
        positions = _positions(word, folded)
        if not positions:
            return 0.0, ()
        total += _score(positions, folded)
        where.update(positions)
    return total, tuple(sorted(where))


def _positions(word: str, name: str) -> list[int]:
    """Return where the letters of a word are: together if they can be, close otherwise; empty if not."""
    at = name.find(word)
    if at >= 0:
        # The start of a word is what people mean, so a later one there is better than an earlier one inside.
        later = at
        while later >= 0 and not _starts_word(name, later):
            later = name.find(word, later + 1)
        start = at if later < 0 else later
        return list(range(start, start + len(word)))
    end = -1
    for letter in word:
        end = name.find(letter, end + 1)
        if end < 0:
            return []
    # Going back from the first place where it ends finds the closest letters before it.
    positions: list[int] = []
    for letter in reversed(word):
        end = name.rfind(letter, 0, end + 1)
        positions.append(end)
        end -= 1
    return positions[::-1]


def _starts_word(name: str, position: int) -> bool:
    return position == 0 or not name[position - 1].isalnum()


def _score(positions: list[int], name: str) -> float:
    groups = 1 + sum(later != earlier + 1 for earlier, later in pairwise(positions))
    starts = sum(_starts_word(name, position) for position in positions)
    together = 2.0 if groups == 1 else 1.0 / groups
    return together * len(positions) + starts + len(positions) / (len(name) + 1)
