"""Reasoning: folded once the answer begins, opened by key and mouse, counted, found and copied."""

from __future__ import annotations

from textual.pilot import Pilot

from fmtui.core.chat import ReasoningDelta, TextDelta, Timing, Turn, Usage
from tests.ui.conversation_app import (
    CHAT,
    CREATED,
    ConversationApp,
    frames_settle,
    prompt,
    reply,
    rows,
    screen,
)

THOUGHTS = "".join(f"thought {number}\n" for number in range(12))


def thinker(text: str = "the answer", turn_id: str = "r", reasoning: str = THOUGHTS) -> Turn:
    return Turn(
        turn_id,
        "assistant",
        text,
        created=CREATED,
        reasoning=reasoning,
        params=CHAT,
        outcome="complete",
        usage=Usage(5, 40, 45, 31),
        timing=Timing(0.5, 6.0, 4.2),
    )


def row_of(app: ConversationApp, words: str) -> int:
    return next(number for number, row in enumerate(rows(app)) if words in row)


async def shown(app: ConversationApp, pilot: Pilot[None], *turns: Turn) -> None:
    for turn in turns:
        app.conversation.begin(turn)
    await frames_settle(app, pilot)


async def test_an_answer_stands_right_below_what_counts_its_reasoning() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 30)) as pilot:
        await shown(app, pilot, thinker())
        assert "▸ reasoning · 31 tokens · 4.2 s" in screen(app)
        assert "thought 3" not in screen(app)
        label = row_of(app, "▸ reasoning")
        assert [row.strip() for row in rows(app)[label + 1 : label + 3]] == ["", "the answer"]


async def test_reasoning_without_an_answer_is_open() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 30)) as pilot:
        await shown(app, pilot, thinker(""))
        assert "▾ reasoning" in screen(app)
        assert "thought 3" in screen(app)


async def test_a_click_opens_and_folds_it_and_its_line_stays_where_it_is() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await shown(app, pilot, prompt("x\n" * 30), thinker(), prompt("y\n" * 30, "q"))
        for _ in range(3):
            app.conversation.scroll_to_turn(-1)
            await frames_settle(app, pilot)
            if "reasoning" in screen(app):
                break
        assert "▸ reasoning" in screen(app), screen(app)
        at = row_of(app, "▸ reasoning")
        for sign, there in (("▾", True), ("▸", False)):
            await pilot.click(app.conversation, offset=(4, at), times=1)
            await frames_settle(app, pilot)
            assert row_of(app, f"{sign} reasoning") == at
            assert ("thought 0" in screen(app)) is there


async def test_the_key_folds_the_reasoning_at_the_cursor_and_the_command_the_last_one() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await shown(app, pilot, thinker("first", "a", "alpha"), thinker("second", "b", "beta"))
        app.conversation.refold()
        await frames_settle(app, pilot)
        assert ("alpha" in screen(app), "beta" in screen(app)) == (False, True)
        app.conversation.focus()
        await pilot.pause()
        await pilot.press("K", "K", "z")
        await frames_settle(app, pilot)
        assert ("alpha" in screen(app), "beta" in screen(app)) == (True, True)


async def test_it_folds_by_itself_when_the_answer_begins_and_what_was_opened_stays_open() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 40)) as pilot:
        conversation = app.conversation
        for turn_id in ("a", "b"):
            conversation.begin_reply(reply("", turn_id))
            conversation.feed(turn_id, ReasoningDelta("so " + turn_id))
            await frames_settle(app, pilot)
            assert "▾ reasoning" in screen(app)
            conversation.feed(turn_id, TextDelta("answer"))
            await frames_settle(app, pilot)
            assert f"so {turn_id}" not in screen(app)
            if turn_id == "b":
                conversation.refold()
            conversation.feed(turn_id, TextDelta(" goes on"))
            await frames_settle(app, pilot)
            conversation.finish(thinker("answer goes on", turn_id, "so " + turn_id))
            await frames_settle(app, pilot)
        assert "so a" not in screen(app)
        assert "so b" in screen(app)


async def test_what_is_being_read_is_not_folded_away() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 8)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply(""))
        conversation.feed("r", ReasoningDelta(THOUGHTS))
        await frames_settle(app, pilot)
        conversation.scroll_lines(-4)
        await frames_settle(app, pilot)
        before = rows(app)
        conversation.feed("r", TextDelta("answer\n\n" * 10))
        await frames_settle(app, pilot)
        assert rows(app) == before
        conversation.finish(thinker("answer\n\n" * 10))
        await frames_settle(app, pilot)
        assert rows(app) == before


async def test_a_place_within_folded_reasoning_is_found_counted_and_opened() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await shown(app, pilot, thinker("no such word", "a"), prompt("x\n" * 40))
        app.conversation.find("thought 7")
        await app.workers.wait_for_complete()
        await frames_settle(app, pilot)
        assert "thought 7" in screen(app)


async def test_folded_reasoning_is_copied_by_its_line_and_left_out_of_a_selected_text() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await shown(app, pilot, thinker("the *answer*", reasoning="why so"))
        conversation = app.conversation
        conversation.focus()
        await pilot.pause()
        await pilot.press("k", "k")
        assert conversation.copied_source() == "the *answer*"
        await pilot.press("k")
        assert conversation.copied_source() == "why so"
        assert conversation.copied_text() == "why so"
        await pilot.press("v", "j")
        assert conversation.copied_text() == "the answer"


async def test_a_token_costs_the_same_whether_the_reasoning_is_folded_or_not() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply(""))
        conversation.feed("r", ReasoningDelta("many words to think about. " * 4_000))
        await frames_settle(app, pilot)
        conversation.feed("r", TextDelta("a"))
        await frames_settle(app, pilot)
        drawn = conversation.renders
        for _ in range(20):
            conversation.feed("r", TextDelta(" word"))
            await frames_settle(app, pilot)
        assert conversation.renders == drawn
