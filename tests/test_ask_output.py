"""What `fmtui ask` writes, where, and when: real pipes, and reports that are given events."""

from __future__ import annotations

import asyncio
import io
import json
import os
import threading
from collections.abc import Awaitable, Callable

import pytest

from fmtui.core.chat import (
    Event,
    Failure,
    Finished,
    Notice,
    Outcome,
    Params,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageUpdate,
)
from fmtui.core.errors import CutOffError, FmtuiError
from fmtui.core.reply import Reply
from fmtui.output import Outlet, note
from fmtui.report import JsonReport, Report, TextReport, ended
from fmtui.writer import Writer


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def ignore(_outlet: Outlet, _error: OSError) -> None:
    """Hear of a failure and do nothing."""


def report_of(
    events: list[Event],
    out: io.StringIO,
    err: io.StringIO,
    *,
    outcome: Outcome = "complete",
    error: FmtuiError | None = None,
    json_lines: bool = False,
    dim: bool = False,
) -> None:
    """Tell a report the events of a reply and its end."""

    async def tell() -> None:
        writer = Writer(ignore)
        made: Report = (
            JsonReport(writer, Outlet(out))
            if json_lines
            else TextReport(writer, Outlet(out), Outlet(err), dim=dim)
        )
        reply = Reply(Params("demo", "demo-chat", max_tokens=5))
        for event in events:
            reply.add(event)
            made.event(event)
        made.end(reply.turn(outcome, error))
        await writer.finish(patient=True)

    asyncio.run(tell())


def shown(
    events: list[Event],
    *,
    terminal: bool = False,
    outcome: Outcome = "complete",
    error: FmtuiError | None = None,
) -> tuple[str, str]:
    """Return what standard output and standard error get."""
    out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
    report_of(events, out, err, outcome=outcome, error=error)
    return out.getvalue(), err.getvalue()


def json_lines(
    events: list[Event], *, outcome: Outcome = "complete", error: FmtuiError | None = None
) -> list[dict[str, object]]:
    out = io.StringIO()
    report_of(events, out, io.StringIO(), outcome=outcome, error=error, json_lines=True)
    return [json.loads(line) for line in out.getvalue().splitlines()]


# ---- text -------------------------------------------------------------------


def test_a_pipe_gets_the_text_and_not_a_byte_more() -> None:
    hostile = "a\r\nb\x1b[2J\x9b31m\u202e"
    out, err = shown(
        [
            ReasoningDelta("hm"),
            TextDelta(hostile),
            Notice("odd"),
            UsageUpdate(Usage(1, 2, 3)),
            Finished("stop"),
        ]
    )
    assert out == hostile
    assert "hm" in err
    assert "fmtui: odd\n" in err


def test_a_terminal_gets_nothing_that_could_act_on_it() -> None:
    out, _ = shown([TextDelta("x\x1b]52;c;aGk=\x07"), TextDelta("\x1b[2J\x9b31m[/x]\u202e")], terminal=True)
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out)
    assert "[/x]" in out


def test_a_terminal_gets_a_final_newline_once() -> None:
    assert shown([TextDelta("hello")], terminal=True)[0] == "hello\n"
    assert shown([TextDelta("hello\n")], terminal=True)[0] == "hello\n"
    assert shown([TextDelta("hello")])[0] == "hello"


def test_line_ends_that_are_cut_apart_stay_one_line_end_on_a_terminal() -> None:
    out, _ = shown([TextDelta("a\r"), TextDelta("\nb\r"), TextDelta("c")], terminal=True)
    assert out == "a\nb\nc\n"


def test_reasoning_is_kept_apart_from_the_answer_on_a_terminal() -> None:
    both = Terminal()
    report_of([ReasoningDelta("plan"), TextDelta("Hi")], both, both)
    assert both.getvalue() == "plan\n\nHi\n"


def test_reasoning_is_dimmed_on_a_terminal_that_can_and_hostile_bytes_are_not_passed_on() -> None:
    err = Terminal()
    report_of([ReasoningDelta("plan\x1b[2J")], Terminal(), err, dim=True)
    assert err.getvalue().startswith("\x1b[2mplan␛[2J\x1b[22m")


def test_a_retry_says_why_and_for_how_long() -> None:
    _, err = shown([Retrying(2.5, "Too many requests.", 2), TextDelta("x")])
    assert err == "fmtui: Too many requests; trying again in 2.5 s.\n"


def test_a_tool_call_is_told_on_standard_error() -> None:
    out, err = shown(
        [ToolCallDelta(0, "id", "f", '{"x":'), ToolCallDelta(0, arguments="1}"), Finished("tool_calls")]
    )
    assert out == ""
    assert 'f({"x":1})' in err


def test_an_error_comes_last_with_its_hint_and_a_line_of_its_own() -> None:
    both = Terminal()
    report_of(
        [TextDelta("par")], both, both, outcome="cut_off", error=CutOffError("It was cut.", "Ask again.")
    )
    assert both.getvalue() == "par\nfmtui: It was cut.\n       Ask again.\n"


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([TextDelta("x"), Finished("length")], "max_tokens (5) cut the reply here."),
        ([ReasoningDelta("x"), Finished("length")], "all of max_tokens went into reasoning"),
        ([Finished("content_filter")], "content filter"),
        ([Finished("stop")], "The reply is empty."),
    ],
)
def test_an_answer_that_is_not_whole_says_why(events: list[Event], said: str) -> None:
    assert said in shown(events)[1]


def test_an_ordinary_answer_leaves_standard_error_empty() -> None:
    assert shown([TextDelta("x"), UsageUpdate(Usage(1, 1, 2)), Finished("stop")]) == ("x", "")


def test_what_a_server_says_cannot_act_on_the_terminal() -> None:
    assert "\x1b" not in note("bad \x1b[2J", "worse \x1b[2J")


# ---- JSON lines -------------------------------------------------------------


def test_json_has_one_object_a_line_and_the_end_last() -> None:
    lines = json_lines(
        [
            Retrying(1.0, "busy", 2),
            ReasoningDelta("hm"),
            TextDelta("Hi "),
            TextDelta("é\x1b😀"),
            ToolCallDelta(0, "a", "f", "{}"),
            Notice("odd"),
            UsageUpdate(Usage(28, 2, 30)),
            Finished("stop"),
        ]
    )
    assert lines[:-1] == [
        {"event": "retry", "after_s": 1.0, "reason": "busy"},
        {"event": "reasoning", "text": "hm"},
        {"event": "text", "text": "Hi "},
        {"event": "text", "text": "é\x1b😀"},
        {"event": "tool_call", "index": 0, "id": "a", "name": "f", "arguments": "{}"},
        {"event": "notice", "message": "odd"},
    ]
    end = lines[-1]
    assert list(end) == [
        "event",
        "outcome",
        "finish_reason",
        "usage",
        "cost",
        "timing",
        "error",
        "text",
        "reasoning",
    ]
    assert (end["event"], end["outcome"], end["finish_reason"], end["error"]) == (
        "end",
        "complete",
        "stop",
        None,
    )
    assert end["usage"] == {
        "prompt_tokens": 28,
        "completion_tokens": 2,
        "total_tokens": 30,
        "reasoning_tokens": None,
        "estimated": False,
    }
    assert (end["text"], end["reasoning"]) == ("Hi é\x1b😀", "hm")


def test_json_tells_an_error_in_its_end() -> None:
    end = json_lines([TextDelta("par")], outcome="error", error=FmtuiError("No.", "Try.", 500))[-1]
    assert end["outcome"] == "error"
    assert end["error"] == {"type": "error", "message": "No.", "status": 500, "hint": "Try."}
    assert end["text"] == "par"


def test_json_lines_are_ascii_so_that_nothing_in_them_acts_on_a_terminal() -> None:
    out = io.StringIO()
    report_of([TextDelta("é\x1b[2J\x9b\u202e\u2028")], out, io.StringIO(), json_lines=True)
    assert out.getvalue().isascii()
    assert "\x1b" not in out.getvalue()


def test_a_reply_that_never_was_has_an_end_too() -> None:
    turn = ended("error", Failure("usage", "No."))
    assert (turn.text, turn.outcome, turn.usage) == ("", "error", None)


# ---- writing ----------------------------------------------------------------


def with_pipe(use: Callable[[io.TextIOWrapper, int], Awaitable[None]]) -> None:
    """Run something with a pipe: its writing end as a stream, its reading end as a descriptor."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        try:
            asyncio.run(use(stream, reading))  # type: ignore[arg-type]  # an async function gives a coroutine
        finally:
            os.close(reading)


def test_every_piece_is_in_the_pipe_before_the_next_is_made() -> None:
    async def use(stream: io.TextIOWrapper, reading: int) -> None:
        writer = Writer(ignore)
        outlet = Outlet(stream)
        for piece in ("one", "zwei", "três"):
            writer.put(outlet, piece)
            assert await asyncio.to_thread(os.read, reading, 100) == piece.encode()
        await writer.finish(patient=True)

    with_pipe(use)


def test_a_reader_that_takes_nothing_holds_nothing_up() -> None:
    async def use(stream: io.TextIOWrapper, reading: int) -> None:
        writer = Writer(ignore)
        writer.put(Outlet(stream), "x" * 1_000_000)
        # The pipe is full and nobody reads: the loop goes on, and giving up takes a moment only.
        await asyncio.wait_for(writer.finish(patient=False), 5)
        read = 0
        while read < 1_000_000:
            read += len(await asyncio.to_thread(os.read, reading, 100_000))

    with_pipe(use)


def test_all_is_written_to_a_patient_end_however_slow_the_reader() -> None:
    async def use(stream: io.TextIOWrapper, reading: int) -> None:
        writer = Writer(ignore)
        writer.put(Outlet(stream), "x" * 300_000)
        got: list[bytes] = []

        def read() -> None:
            while sum(map(len, got)) < 300_000:
                got.append(os.read(reading, 10_000))

        reader = threading.Thread(target=read)
        reader.start()
        await writer.finish(patient=True)
        await asyncio.to_thread(reader.join)
        assert b"".join(got) == b"x" * 300_000

    with_pipe(use)


def test_a_pipe_that_was_made_non_blocking_still_gets_everything() -> None:
    async def use(stream: io.TextIOWrapper, reading: int) -> None:
        os.set_blocking(stream.fileno(), False)
        writer = Writer(ignore)
        writer.put(Outlet(stream), "x" * 300_000)
        read = 0
        while read < 300_000:
            read += len(await asyncio.to_thread(os.read, reading, 100_000))
        await writer.finish(patient=True)

    with_pipe(use)


def test_a_reader_that_has_gone_is_told_once_and_the_other_stream_goes_on() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    err = io.StringIO()
    heard: list[OSError] = []

    async def use() -> None:
        with os.fdopen(writing, "w", encoding="utf-8") as stream:
            out = Outlet(stream)
            writer = Writer(lambda outlet, error: heard.append(error) if outlet is out else None)
            for _ in range(3):
                writer.put(out, "x")
            writer.put(Outlet(err), "still here")
            await writer.finish(patient=True)

    asyncio.run(use())
    assert [type(error) for error in heard] == [BrokenPipeError]
    assert err.getvalue() == "still here"


def test_a_process_without_standard_output_writes_nowhere() -> None:
    outlet = Outlet(None)
    outlet.write("x")
    assert not outlet.is_terminal


def test_what_cannot_be_written_is_an_error_on_standard_output_alone() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - no path is meant
        with pytest.raises(OSError, match=r"^Standard output cannot be written: No space left on device\.$"):
            Outlet(full).write("x")
        Outlet(full, vital=False).write("x")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as gone:
        with pytest.raises(BrokenPipeError):
            Outlet(gone).write("x")
        Outlet(gone, vital=False).write("x")


def test_an_encoding_that_lacks_a_character_does_not_end_the_answer() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="ascii") as stream:
        Outlet(stream).write("aéb")
    assert os.read(reading, 10) == b"a?b"
    os.close(reading)
