"""How many lines each turn of a path has: known for those that were drawn, guessed for the rest.

Ten thousand turns are opened, resized and dragged through with the scroll bar, so nothing
here may cost more than a few microseconds a call, however long the path is.
"""

from __future__ import annotations

from collections.abc import Iterable

_BLOCK = 256


class Heights:
    """A sequence of heights in lines, with quick sums.

    The sums of blocks of 256 heights are kept, so that a sum over ten thousand turns adds
    up at most 40 blocks and one part of a block.
    """

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._sums: list[int] = []
        self._add_up()

    def _add_up(self) -> None:
        heights = self._heights
        self._sums = [sum(heights[i : i + _BLOCK]) for i in range(0, len(heights), _BLOCK)]

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def __setitem__(self, index: int, height: int) -> None:
        """Correct one height."""
        self._sums[index // _BLOCK] += height - self._heights[index]
        self._heights[index] = height

    def append(self, height: int) -> None:
        """Add a height at the end."""
        if len(self._heights) % _BLOCK == 0:
            self._sums.append(0)
        self._heights.append(height)
        self._sums[-1] += height

    def truncate(self, count: int) -> None:
        """Keep the first `count` heights."""
        del self._heights[count:]
        self._add_up()

    @property
    def total(self) -> int:
        """The sum of all heights."""
        return sum(self._sums)

    def before(self, index: int) -> int:
        """Return the sum of the heights before `index`."""
        block = index // _BLOCK
        return sum(self._sums[:block]) + sum(self._heights[block * _BLOCK : index])

    def find(self, line: int) -> tuple[int, int]:
        """Return the turn that holds a line, and the line's number within it.

        A line before the first is the first; one past the end is the line after the last turn.
        """
        rest = max(0, line)
        for block, height in enumerate(self._sums):
            if rest >= height:
                rest -= height
                continue
            for index in range(block * _BLOCK, len(self._heights)):
                if rest < self._heights[index]:
                    return index, rest
                rest -= self._heights[index]
        return len(self._heights), 0
