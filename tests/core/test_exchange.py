"""One prompt and its reply: whatever ends it, what came is kept."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence

import pytest

from fmtui.core.chat import (
    Event,
    Finished,
    Outcome,
    ReasoningDelta,
    Request,
    Retrying,
    TextDelta,
    ToolCallDelta,
    Turn,
    Usage,
    UsageUpdate,
)
from fmtui.core.client import Client
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import ConnectionLostError, CutOffError, FmtuiError, IdleTimeoutError, StorageError
from fmtui.core.exchange import Exchange
from fmtui.core.portions import PORTION
from tests.core.asking import endpoint_at, request_for
from tests.servers import D, E, Ending, F, ScriptedServer, hang, stream

ENDPOINT = endpoint_at("https://host.example/v1")
Part = Event | asyncio.Event | FmtuiError


class Script:
    """Streams what a test wrote: events, an `asyncio.Event` to wait for, an error to end with."""

    def __init__(self, *parts: Part) -> None:
        self.parts = parts

    async def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
        assert endpoint is ENDPOINT
        for part in self.parts:
            if isinstance(part, asyncio.Event):
                await part.wait()
            elif isinstance(part, FmtuiError):
                raise part
            else:
                yield part


class Memory:
    """Keeps turns in memory and can fail or be slow like a disk."""

    def __init__(self, *, failing: Exception | None = None) -> None:
        self.failing = failing
        self.slow_s = 0.0
        self.heads: list[Turn] = []
        self.text = ""
        self.reasoning = ""
        self.finished: list[Turn] = []
        self.abandoned: list[str] = []
        self.calls: list[str] = []
        self.threads: set[int] = set()

    def _called(self, name: str) -> None:
        self.threads.add(threading.get_ident())
        time.sleep(self.slow_s)
        self.calls.append(name)
        if self.failing is not None:
            raise self.failing

    def checkpoint(self, head: Turn, text: str, reasoning: str) -> None:
        self.heads.append(head)
        self.text += text
        self.reasoning += reasoning
        self._called("checkpoint")

    def finish(self, turn: Turn) -> None:
        self.finished.append(turn)
        self._called("finish")

    def abandon(self, turn_id: str) -> None:
        self.abandoned.append(turn_id)
        self._called("abandon")


class Run:
    """An exchange with everything that it tells."""

    def __init__(self, *parts: Part, memory: Memory | None = None, pause_s: float = 0.0) -> None:
        self.posted: list[Event] = []
        self.storage_errors: list[StorageError] = []
        self.memory = memory or Memory()
        self.exchange = Exchange(
            Script(*parts),
            self.memory,
            ENDPOINT,
            request_for(),
            parent="p",
            post=self.posted.append,
            on_storage_error=self.storage_errors.append,
            pause_s=pause_s,
        )

    async def until(self, reached: Callable[[], bool], *, within_s: float = 20.0) -> None:
        async with asyncio.timeout(within_s):
            while not reached():  # noqa: ASYNC110 - a thread reaches it
                await asyncio.sleep(0.005)


ALL: Sequence[Event] = (ReasoningDelta("r"), TextDelta("a"), TextDelta("b"), UsageUpdate(Usage(1, 2, 3)))


async def test_a_reply_is_posted_event_by_event_and_kept_at_its_end() -> None:
    run = Run(*ALL, Finished("stop"))
    turn = await run.exchange.run()
    assert run.posted == [*ALL, Finished("stop")]
    assert (turn.text, turn.reasoning, turn.outcome, turn.finish_reason) == ("ab", "r", "complete", "stop")
    assert turn.usage == Usage(1, 2, 3)
    assert turn.parent == "p"
    assert run.memory.finished == [turn]
    assert run.exchange.turn is turn


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (CutOffError("m", "h"), "cut_off"),
        (ConnectionLostError("m", "h"), "error"),
        (IdleTimeoutError("m", "h"), "error"),
    ],
)
async def test_whatever_the_server_does_the_partial_text_is_kept(error: FmtuiError, outcome: Outcome) -> None:
    run = Run(*ALL, error)
    turn = await run.exchange.run()
    assert (turn.text, turn.reasoning, turn.outcome) == ("ab", "r", outcome)
    assert turn.error is not None
    assert (turn.error.type, turn.error.message, turn.error.hint) == (error.kind, "m", "h")
    assert run.memory.finished == [turn]


async def test_an_error_before_anything_came_is_kept_as_well() -> None:
    run = Run(ConnectionLostError("m"))
    turn = await run.exchange.run()
    assert turn.outcome == "error"
    assert run.memory.finished == [turn]
    assert run.memory.abandoned == []


async def test_cancelling_keeps_what_came_and_goes_on_raising() -> None:
    run = Run(*ALL, asyncio.Event())
    task = asyncio.create_task(run.exchange.run())
    await run.until(lambda: len(run.posted) == len(ALL))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    turn = run.exchange.turn
    assert turn is not None
    assert (turn.text, turn.outcome, turn.error) == ("ab", "stopped", None)
    assert run.memory.finished == [turn]


async def test_cancelling_before_anything_came_leaves_no_turn() -> None:
    for parts in ((asyncio.Event(),), (Retrying(1.0, "busy", 2), asyncio.Event())):
        run = Run(*parts)
        task = asyncio.create_task(run.exchange.run())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert run.memory.finished == []
        assert run.memory.abandoned == [run.exchange.reply.id]


async def test_cancelling_twice_still_keeps_the_turn() -> None:
    run = Run(*ALL, asyncio.Event())
    run.memory.slow_s = 0.05
    task = asyncio.create_task(run.exchange.run())
    await run.until(lambda: len(run.posted) == len(ALL))
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await run.until(lambda: "finish" in run.memory.calls)
    assert run.memory.finished[0].text == "ab"


def test_a_loop_that_ends_keeps_the_turn_though_the_disk_is_slow() -> None:
    memory = Memory()
    memory.slow_s = 0.05

    async def leave() -> None:
        run = Run(*ALL, asyncio.Event(), memory=memory)
        task = asyncio.create_task(run.exchange.run())
        await run.until(lambda: bool(memory.heads))
        task.cancel()  # the end of the loop, which comes now, cancels everything once more

    asyncio.run(leave())
    assert memory.calls == ["checkpoint", "finish"]
    assert (memory.finished[0].text, memory.finished[0].outcome) == ("ab", "stopped")


async def test_a_few_tokens_are_on_the_disk_within_a_second_though_the_server_goes_silent() -> None:
    gate, silence = asyncio.Event(), asyncio.Event()
    run = Run(TextDelta("a"), gate, TextDelta("b"), ReasoningDelta("r"), silence)
    task = asyncio.create_task(run.exchange.run())
    await run.until(lambda: run.memory.text == "a")
    gate.set()
    await run.until(lambda: (run.memory.text, run.memory.reasoning) == ("ab", "r"))
    assert run.memory.finished == []
    head = run.memory.heads[0]
    assert (head.id, head.outcome, head.text) == (run.exchange.reply.id, "interrupted", "")
    silence.set()
    assert (await task).text == "ab"


async def test_the_disk_is_written_to_at_most_twice_a_second_and_in_a_thread() -> None:
    run = Run(*[TextDelta("x")] * 500)
    await run.exchange.run()
    assert run.memory.calls.count("checkpoint") <= 2
    assert threading.get_ident() not in run.memory.threads
    assert run.memory.finished[0].text == "x" * 500


async def test_a_tool_call_alone_is_a_reply() -> None:
    run = Run(ToolCallDelta(0, "id", "f", "{}"), Finished("tool_calls"))
    turn = await run.exchange.run()
    assert [(call.name, call.arguments) for call in turn.tool_calls] == [("f", "{}")]
    assert run.memory.finished == [turn]


async def test_a_failing_disk_is_told_once_and_never_ends_a_reply() -> None:
    gate = asyncio.Event()
    memory = Memory(failing=StorageError("the disk is full"))
    run = Run(TextDelta("a"), gate, TextDelta("b"), Finished("stop"), memory=memory)
    task = asyncio.create_task(run.exchange.run())
    await run.until(lambda: "checkpoint" in memory.calls)
    gate.set()
    turn = await task
    assert (turn.text, turn.outcome) == ("ab", "complete")
    assert memory.calls[-1] == "finish"
    assert [error.message for error in run.storage_errors] == ["the disk is full"]


async def test_a_slow_disk_is_waited_for_so_that_the_turn_comes_after_its_checkpoint() -> None:
    memory = Memory()
    memory.slow_s = 0.1
    run = Run(TextDelta("a"), memory=memory)
    await run.exchange.run()
    assert memory.calls in (["checkpoint", "finish"], ["finish"])
    gate = asyncio.Event()
    memory.calls.clear()
    run = Run(TextDelta("a"), gate, memory=memory)
    task = asyncio.create_task(run.exchange.run())
    await run.until(lambda: len(memory.heads) > 0)
    gate.set()
    await task
    assert memory.calls[-1] == "finish"


async def test_a_fault_of_ours_is_raised_but_the_turn_is_kept_first() -> None:
    gate = asyncio.Event()
    memory = Memory(failing=ZeroDivisionError())
    run = Run(TextDelta("a"), gate, memory=memory)
    task = asyncio.create_task(run.exchange.run())
    await run.until(lambda: "checkpoint" in memory.calls)
    memory.failing = None
    gate.set()
    with pytest.raises(ZeroDivisionError):
        await task
    assert [turn.text for turn in memory.finished] == ["a"]


async def test_without_a_keeper_a_reply_runs_all_the_same() -> None:
    exchange = Exchange(
        Script(*ALL),
        None,
        ENDPOINT,
        request_for(),
        parent="p",
        post=lambda _: None,
        on_storage_error=lambda _: None,
    )
    assert (await exchange.run()).text == "ab"


async def test_no_task_is_left() -> None:
    before = asyncio.all_tasks()
    await Run(*ALL).exchange.run()
    await Run(*ALL, CutOffError("m")).exchange.run()
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("began", [True, False])
async def test_case_083_and_084_stopping_over_a_socket_closes_it_and_keeps_the_text(*, began: bool) -> None:
    script = stream(E("a"), Ending.HANG) if began else hang()
    async with ScriptedServer(script, stream(E("b"), F("stop"), D)) as server:
        client = Client(environ={})
        memory = Memory()
        posted: list[Event] = []

        def exchange() -> Exchange:
            return Exchange(
                client,
                memory,
                endpoint_at(server.url),
                request_for(),
                parent="p",
                post=posted.append,
                on_storage_error=lambda error: pytest.fail(str(error)),
            )

        task = asyncio.create_task(exchange().run())
        request = await server.asked()
        while began and not posted:  # noqa: ASYNC110 - the exchange posts into a list
            await asyncio.sleep(0.005)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await asyncio.wait_for(request.gone.wait(), 20)
        assert [(turn.text, turn.outcome) for turn in memory.finished] == (
            [("a", "stopped")] if began else []
        )
        assert (await exchange().run()).text == "b"
        await client.aclose()


# ---- very long pieces of text ---------------------------------------------------

HUGE = "word, \r\n" * 50_000


async def test_a_huge_piece_of_text_is_posted_in_portions_to_who_draws_it() -> None:
    run = Run(ReasoningDelta(HUGE), TextDelta(HUGE), TextDelta("end"), pause_s=0.001)
    turn = await run.exchange.run()
    posted = [event for event in run.posted if isinstance(event, ReasoningDelta | TextDelta)]
    assert len(posted) == 2 * -(-len(HUGE) // PORTION) + 1
    assert "".join(event.text for event in posted) == HUGE + HUGE + "end"
    assert turn.text == HUGE.replace("\r", "") + "end"
    at_once = Run(TextDelta(HUGE))
    await at_once.exchange.run()
    assert at_once.posted == [TextDelta(HUGE)]


@pytest.mark.parametrize("kind", [TextDelta, ReasoningDelta])
async def test_what_was_received_is_kept_when_the_user_stops_before_all_of_it_is_drawn(
    kind: type[TextDelta | ReasoningDelta],
) -> None:
    run = Run(TextDelta("a"), kind(HUGE), pause_s=60)
    task = asyncio.create_task(run.exchange.run())
    await run.until(lambda: len(run.posted) == 2)
    shown = run.exchange.so_far()
    drawn = [event for event in run.posted if isinstance(event, kind)]
    came = "".join(event.text for event in drawn).replace("\r\n", "\n")
    assert came == (shown.text if kind is TextDelta else shown.reasoning), "another view goes on from there"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (kept,) = run.memory.finished
    whole = HUGE.replace("\r", "")
    assert (kept.text, kept.reasoning) == (("a" + whole, "") if kind is TextDelta else ("a", whole))
    assert kept.outcome == "stopped"
    assert run.exchange.turn == kept


async def test_stopping_between_two_portions_closes_the_answer() -> None:
    posted, closed = asyncio.Event(), asyncio.Event()

    class Answer:
        async def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
            try:
                yield TextDelta(HUGE)
            finally:
                closed.set()

    exchange = Exchange(
        Answer(),
        None,
        ENDPOINT,
        request_for(),
        parent="p",
        post=lambda _: posted.set(),
        on_storage_error=lambda _: None,
        pause_s=60,
    )
    task = asyncio.create_task(exchange.run())
    await posted.wait()
    task.cancel()
    await asyncio.wait([task])
    assert closed.is_set()
