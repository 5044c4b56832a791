"""The figures of a reply read the same everywhere and say what a guess is."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fmtui.core.chat import Failure, Params, Progress, Retrying, Timing, Turn, Usage
from fmtui.core.text import human_size
from fmtui.ui import figures


def reply(**fields: object) -> Turn:
    base: dict[str, object] = {
        "id": "a",
        "role": "assistant",
        "text": "Hi",
        "params": Params("demo", "demo-chat", max_tokens=2048),
        "outcome": "complete",
        "finish_reason": "stop",
        "usage": Usage(28, 730, 758),
        "timing": Timing(0.31, 7.75),
    }
    return Turn(**(base | fields))  # type: ignore[arg-type]  # test data, checked by what comes out


def progress(**fields: object) -> Progress:
    base: dict[str, object] = {
        "elapsed_s": 4.2,
        "first_token_s": 0.31,
        "tokens": 123,
        "estimated": False,
        "tokens_per_s": 98.0,
    }
    return Progress(**(base | fields))  # type: ignore[arg-type]  # test data, checked by what comes out


def test_before_the_first_token_the_text_says_what_is_awaited_and_how_long() -> None:
    nothing_yet = progress(first_token_s=None, tokens=0, elapsed_s=3.21)
    assert figures.running_text(nothing_yet, None, "") == "waiting 3.2 s"
    assert figures.running_text(nothing_yet, None, "demo-chat") == "waiting for demo-chat 3.2 s"


def test_a_running_reply_shows_first_token_tokens_speed_and_time() -> None:
    assert (
        figures.running_text(progress(), None, "x") == "first token 0.31 s · 123 tokens · 98.0 tok/s · 4.2 s"
    )


def test_guessed_numbers_of_a_running_reply_carry_a_tilde() -> None:
    text = figures.running_text(progress(estimated=True), None, "")
    assert "~123 tokens" in text
    assert "~98.0 tok/s" in text


def test_a_wait_before_another_attempt_counts_down() -> None:
    assert (
        figures.running_text(progress(), Retrying(12.4, "429: too many requests.", 2), "")
        == "429: too many requests, retrying in 12 s"
    )
    assert figures.running_text(progress(), Retrying(0.2, "503", 2), "") == "503, retrying now"


def test_the_reason_of_a_retry_cannot_break_the_line_or_act_on_the_terminal() -> None:
    text = figures.running_text(progress(), Retrying(3, "a\n\x1b[2Jb", 2), "")
    assert "\n" not in text
    assert "\x1b" not in text


def test_a_complete_reply_reads_as_model_reason_tokens_speed_and_first_token() -> None:
    assert figures.ended_line(reply()) == (
        "demo-chat · stop · 28 + 730 tokens · 98.0 tok/s · first token 0.31 s",
        "plain",
    )


def test_a_reply_cut_by_max_tokens_names_the_limit_and_warns() -> None:
    line, tone = figures.ended_line(reply(finish_reason="length"))
    assert "max_tokens (2048) cut it" in line
    assert tone == "warning"


@pytest.mark.parametrize(
    ("fields", "words", "tone"),
    [
        ({"outcome": "stopped", "finish_reason": None}, "stopped by you", "plain"),
        ({"outcome": "cut_off", "finish_reason": None}, "cut off", "warning"),
        ({"outcome": "interrupted", "finish_reason": None}, "interrupted", "warning"),
        ({"finish_reason": "content_filter"}, "content filter", "warning"),
        ({"finish_reason": "tool_calls"}, "tool call", "plain"),
        ({"finish_reason": None}, "complete", "plain"),
        ({"finish_reason": "eos_token"}, "eos_token", "plain"),
    ],
)
def test_every_way_to_end_has_plain_words(fields: dict[str, object], words: str, tone: str) -> None:
    line, found = figures.ended_line(reply(**fields))
    assert words in line
    assert found == tone


def test_a_failed_reply_says_what_happened_and_what_to_do() -> None:
    failure = Failure("rate_limit", "The server answered 429.", 429, "Wait a minute.")
    line, tone = figures.ended_line(
        reply(
            outcome="error", finish_reason=None, error=failure, usage=None, text="", timing=Timing(None, 2.0)
        )
    )
    assert line == "demo-chat · failed: The server answered 429. Wait a minute. · after 2.0 s"
    assert tone == "error"


def test_two_sentences_of_an_error_stay_two() -> None:
    failure = Failure("ServerError", "The server had an error", 500, "Try again later.")
    assert figures.failure_text(failure) == "500 · The server had an error. Try again later."


@pytest.mark.parametrize(
    ("fields", "words", "tone"),
    [
        ({}, "", "plain"),
        ({"outcome": "stopped", "finish_reason": None}, "", "plain"),
        (
            {"finish_reason": "length"},
            "max_tokens (2048) cut it: /continue goes on",
            "warning",
        ),
        (
            {"outcome": "error", "error": Failure("X", "No such model.", 404, "There are others.")},
            "failed: 404 · No such model.",
            "error",
        ),
        (
            {"outcome": "cut_off", "error": Failure("X", "The stream ended.", None, "Try again.")},
            "cut off: The stream ended.",
            "warning",
        ),
        (
            {"outcome": "stopped", "text": "", "finish_reason": None},
            "stopped by you before anything came; the prompt is back",
            "plain",
        ),
    ],
)
def test_only_what_went_wrong_deserves_attention(fields: dict[str, object], words: str, tone: str) -> None:
    assert figures.attention(reply(**fields)) == (words, tone)


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (Usage(completion_tokens=730), "730 tokens"),
        (Usage(completion_tokens=1), "1 token"),
        (Usage(28, 730, estimated=True), "28 + ~730 tokens"),
        (Usage(prompt_tokens=28), "28 prompt tokens"),
        (Usage(total_tokens=1758), "1,758 tokens"),
        (Usage(28, 730, reasoning_tokens=512), "28 + 730 tokens (512 reasoning)"),
    ],
)
def test_the_tokens_that_are_known_are_shown(usage: Usage, words: str) -> None:
    parts = figures.ended_line(reply(usage=usage))[0].split(figures.SEPARATOR)
    assert words in parts


def test_a_prompt_has_no_ended_line() -> None:
    assert figures.ended_line(Turn.prompt("Hello")) == ("", "plain")


def test_a_model_name_from_a_file_cannot_act_on_the_terminal() -> None:
    line, _ = figures.ended_line(reply(params=Params(model="a\x1b]52;c;eA==\x07\nb")))
    assert "\x1b" not in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0.00 s"),
        (0.994, "0.99 s"),
        (0.996, "1.0 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
    ],
)
def test_times_have_a_fitting_number_of_digits(value: float, words: str) -> None:
    assert figures.seconds(value) == words


@pytest.mark.parametrize(
    ("characters", "words"),
    [(950, "950 B"), (20_500, "20 kB"), (999_499, "999 kB"), (1_000_000, "1.0 MB")],
)
def test_sizes_are_short(characters: int, words: str) -> None:
    assert human_size(characters) == words


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(0), "20:15"),
        (timedelta(days=1), "Sat 20:15"),
        (timedelta(days=30), "23 Oct"),
        (timedelta(days=400), "2025-10-18"),
    ],
)
def test_dates_grow_coarser_with_age(before: timedelta, words: str) -> None:
    now = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
    assert figures.short_date(now - before, now) == words


def test_dates_are_shown_in_the_zone_of_the_user() -> None:
    now = datetime(2026, 11, 22, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert figures.short_date(datetime(2026, 11, 21, 22, 30, tzinfo=UTC), now) == "00:30"
