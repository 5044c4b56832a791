"""Where the links of a conversation lead.

A run holds a number instead of an address. The number is made from the address alone, so a
text has the same runs however it was cut into parts while it came.
"""

from __future__ import annotations

_MOST = (1 << 48) - 1


class Links:
    """The targets of the links that were drawn, by their numbers."""

    def __init__(self) -> None:
        self._targets: dict[int, str] = {}

    def number(self, target: str) -> int:
        """Return the number of a target, never 0; 0 for an empty one."""
        if not target:
            return 0
        number = hash(target) & _MOST or 1
        while self._targets.setdefault(number, target) != target:
            number = number % _MOST + 1  # two of 2**48 met: one of them is told apart by who came first
        return number

    def target(self, number: int) -> str:
        """Return where the link of a number leads, "" for one that is not known."""
        return self._targets.get(number, "")
