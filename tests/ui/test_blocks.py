"""Blocks that are drawn in several pieces are taken as one."""

from __future__ import annotations

import pytest

from fmtui.core.chat import Turn, TurnList
from fmtui.ui.conversation.blocks import block_at
from fmtui.ui.conversation.loading import live_of, parts_of
from fmtui.ui.conversation.places import moved, start_of
from fmtui.ui.conversation.view import View

CODE = "```python\n" + "\n".join(f"value_{n} = {n}\n" for n in range(400)) + "\n```"
TABLE = "| a | b |\n|---|---|\n" + "\n".join(f"| cell {n} | {'word ' * 8}|" for n in range(300))
WORDS = " ".join(f"word{n}" for n in range(6_000))


def view_of(text: str) -> View:
    view = View(parts_of, live_of)
    view.resize(60, 20)
    view.show(TurnList([Turn("r", "assistant", text)]))
    return view


@pytest.mark.parametrize("block", [CODE, TABLE, WORDS], ids=["code", "table", "words"])
@pytest.mark.parametrize("lead", ["", "before\n\n" * 300], ids=["first", "later"])
def test_a_long_block_is_one_however_many_pieces_it_is_drawn_in(block: str, lead: str) -> None:
    view = view_of(f"{lead}{block}\n\nafter")
    entries = view.entries
    after = view.blocks_from(start_of(1), -2)
    assert view.block(after).source == "after"  # type: ignore[union-attr]
    start = view.blocks_from(after, -1)
    span = block_at(entries, start)
    assert span is not None
    assert span.source == block
    assert span.start == start
    assert view.blocks_from(start, 1) == after
    inside = moved(entries, start, 150)
    assert block_at(entries, inside) == span
    assert view.blocks_from(inside, 1) == after
    assert view.blocks_from(inside, -1) == start
    if lead:
        assert block_at(entries, view.blocks_from(start, -1)).source == "before"  # type: ignore[union-attr]


def test_where_a_long_block_of_code_starts_and_ends_is_found_without_drawing_it() -> None:
    view = view_of(f"{CODE}\n\nafter")
    start = view.blocks_from(view.blocks_from(start_of(1), -2), -1)
    drawn = view.entries.rendered
    assert view.block(moved(view.entries, start, 10)) is not None
    assert view.entries.rendered <= drawn + 2


def test_two_blocks_that_touch_at_a_cut_stay_two() -> None:
    view = view_of(f"{WORDS}\n\n{CODE}\n\n{TABLE}\n\nafter")
    at, sources = start_of(1), []
    for _ in range(5):
        at = view.blocks_from(at, -1)
        span = view.block(at)
        assert span is not None
        sources.append(span.source)
    assert sources[1:] == ["after", TABLE, CODE, WORDS]
