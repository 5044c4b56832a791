"""The sums of heights and the comparison of rows that the conversation rests on."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from fmtui.ui.conversation.heights import Heights
from fmtui.ui.conversation.rows import Rows


@given(st.lists(st.integers(0, 30), max_size=700), st.integers(0, 10**6), st.integers(0, 2_000))
def test_sums_of_heights_are_the_sums(heights: list[int], line: int, seed: int) -> None:
    random_ = random.Random(seed)
    quick = Heights(heights[: len(heights) // 2])
    for height in heights[len(heights) // 2 :]:
        quick.append(height)
    for _ in range(5):
        if heights:
            place = random_.randrange(len(heights))
            quick[place] = heights[place] = random_.randint(0, 50)
    quick.truncate(len(heights) - 3)
    del heights[max(0, len(heights) - 3) :]
    quick.truncate(len(heights))
    assert len(quick) == len(heights)
    assert quick.total == sum(heights)
    place = random_.randint(0, len(heights))
    assert quick.before(place) == sum(heights[:place])
    wanted = line % (sum(heights) + 2)
    turn, inside = quick.find(wanted)
    if wanted < sum(heights):
        assert sum(heights[:turn]) + inside == wanted
        assert inside < heights[turn]
    else:
        assert (turn, inside) == (len(heights), 0)


def test_only_rows_whose_line_or_thumb_changed_are_named() -> None:
    rows = Rows()
    assert rows.update([(("a", 0),), None, (("c", 0),), None], (0, 0)) == [(0, 4)]
    assert rows.update([(("a", 0),), None, (("c", 0),), None], (0, 0)) == []
    assert rows.update([(("a", 0),), (("b", 0),), (("d", 0),), None], (0, 0)) == [(1, 3)]
    assert rows.update([(("a", 0),), (("b", 0),), (("d", 0),), None], (2, 2)) == [(2, 4)]
    assert rows.update([(("a", 0),), (("b", 0),), (("d", 0),), None], (1, 2)) == [(1, 2), (3, 4)]
