"""The figures of a reply in words: while it runs, and at its end.

Pure texts without style, so that they can be tested without a screen and read the same
everywhere. Everything returned is one printable line; guessed numbers carry a `~`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fmtui.core.chat import Failure, Progress, Retrying, Turn, Usage
from fmtui.core.text import money, one_line

Tone = Literal["plain", "good", "warning", "error"]
"""How a text should be coloured; the words alone must carry the meaning too."""

SEPARATOR = " · "

_FINISH_WORDS: dict[str, tuple[str, Tone]] = {
    "stop": ("stop", "plain"),
    "content_filter": ("the content filter ended it", "warning"),
    "tool_calls": ("asks for a tool call", "plain"),
    "function_call": ("asks for a tool call", "plain"),
    "error": ("the server reported an error", "error"),
    "abort": ("the server gave it up", "warning"),
}


def seconds(value: float) -> str:
    """Return a length of time for people: `0.31 s`, `4.2 s`, `42 s`, `3 min 05 s`."""
    value = max(0.0, value)
    if value < 0.995:
        return f"{value:.2f} s"
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60:02d} s"


def stopwatch(value: float) -> str:
    """Return a running length of time, whose form stays steady while it counts: `4.2 s`, `3 min 05 s`."""
    value = max(0.0, value)
    return f"{value:.1f} s" if value < 59.95 else seconds(value)


def rate(tokens_per_s: float) -> str:
    """Return a speed: `8.2 tok/s`, `98 tok/s`."""
    return f"{tokens_per_s:.1f} tok/s" if tokens_per_s < 99.95 else f"{tokens_per_s:,.0f} tok/s"


def short_date(when: datetime, now: datetime) -> str:
    """Return a date in at most ten columns: `14:05` today, `Mon 14:05` this week, `3 Nov`, `2024-11-03`.

    Args:
        when: an aware time; it is shown in the zone of `now`.
        now: the present, aware, in the zone of the user.
    """
    local = when.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if 0 < days < 7:
        return f"{local:%a %H:%M}"
    if local.year == now.year:
        return f"{local.day} {local:%b}"
    return f"{local:%Y-%m-%d}"


def running_text(
    progress: Progress, retrying: Retrying | None, waiting_for: str, *, short: bool = False
) -> str:
    """Return where a running reply stands.

    Args:
        progress: the figures so far.
        retrying: set while a wait before another attempt runs; its `after_s` is the time that
            is still left, so that the text counts down.
        waiting_for: what the first token is awaited from, such as the model's name; may be empty.
        short: whether to leave out how long the first token took.
    """
    if retrying is not None:
        reason = one_line(retrying.reason, 120).rstrip(" .,;:")
        left = max(0, round(retrying.after_s))
        when = f"retrying in {left} s" if left else "retrying now"
        return f"{reason}, {when}" if reason else when
    if progress.first_token_s is None:
        source = one_line(waiting_for, 60)
        target = f" for {source}" if source else ""
        return f"waiting{target} {stopwatch(progress.elapsed_s)}"
    tokens = f"{_about(progress.estimated)}{progress.tokens:,} {_plural(progress.tokens)}"
    parts = [tokens] if short else [f"first token {seconds(progress.first_token_s)}", tokens]
    if progress.tokens_per_s is not None:
        parts.append(_about(progress.estimated) + rate(progress.tokens_per_s))
    parts.append(stopwatch(progress.elapsed_s))
    return SEPARATOR.join(parts)


def ended_line(turn: Turn) -> tuple[str, Tone]:
    """Return how a reply ended, from what, and what it took; empty for a prompt."""
    if turn.role != "assistant":
        return "", "plain"
    words, tone = _ending(turn)
    parts = [words, tokens_text(turn.usage), cost_text(turn), _speed(turn), _first_token(turn)]
    if turn.params is not None:
        parts.insert(0, one_line(turn.params.model, 80))
    return SEPARATOR.join(part for part in parts if part), tone


def attention(turn: Turn) -> tuple[str, Tone]:
    """Return what deserves a second look about how a reply ended, briefly; empty when all is well."""
    if turn.role != "assistant":
        return "", "plain"
    words, tone = _ending(turn)
    if turn.error is not None:
        return f"{words.partition(':')[0]}: {failure_message(turn.error)}", tone
    if turn.is_empty and turn.outcome == "stopped":
        return "stopped by you before anything came; the prompt is back", "plain"
    return (words, tone) if tone in {"warning", "error"} else ("", "plain")


def failure_message(failure: Failure) -> str:
    """Return what happened, after the HTTP status if there is one and the words do not name it."""
    message = one_line(failure.message, 1_000)
    status = "" if failure.status is None else str(failure.status)
    return message if status in message else f"{status}{SEPARATOR}{message}"


def failure_text(failure: Failure) -> str:
    """Return an error as one line: what happened and what to do about it."""
    message = failure_message(failure)[:600]
    hint = one_line(failure.hint, 400)
    stop = "." if hint and message[-1:].isalnum() else ""
    return f"{message}{stop} {hint}".strip()


_GO_ON = "/continue goes on"


def _ending(turn: Turn) -> tuple[str, Tone]:
    way = f": {_GO_ON}" if turn.text else ""
    match turn.outcome:
        case "stopped":
            return f"stopped by you{way}", "plain"
        case "interrupted":
            return f"interrupted{way or ': fmtui ended before the reply did'}", "warning"
        case "cut_off":
            return f"cut off{way or ': the stream ended before the reply did'}", "warning"
        case "error":
            failure = turn.error
            return (f"failed: {failure_text(failure)}" if failure is not None else f"failed{way}"), "error"
        case "complete" | None:
            return _finish(turn)


def _finish(turn: Turn) -> tuple[str, Tone]:
    reason = turn.finish_reason or ""
    if reason in {"length", "max_tokens"}:
        limit = f" ({turn.params.max_tokens})" if turn.params is not None else ""
        if turn.reasoning and not turn.text:
            return f"no reply: all of max_tokens{limit} went into reasoning; raise it and retry", "warning"
        return f"max_tokens{limit} cut it: {_GO_ON}", "warning"
    if not reason:
        return "complete", "plain"
    return _FINISH_WORDS.get(reason, (one_line(reason, 40), "plain"))


def tokens_text(usage: Usage | None) -> str:
    """Return how many tokens a reply took; empty where that is not known."""
    if usage is None:
        return ""
    about = _about(usage.estimated)
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    if completion is None:
        if prompt is not None:
            return f"{prompt:,} prompt {_plural(prompt)}"
        total = usage.total_tokens
        return "" if total is None else f"{about}{total:,} {_plural(total)}"
    text = f"{about}{completion:,}"
    text = f"{prompt:,} + {text} tokens" if prompt is not None else f"{text} {_plural(completion)}"
    if usage.reasoning_tokens:
        text += f" ({usage.reasoning_tokens:,} reasoning)"
    return text


def cost_text(turn: Turn) -> str:
    """Return what a reply cost; empty where that is not known."""
    if turn.cost is None:
        return ""
    return _about(turn.usage is not None and turn.usage.estimated) + money(turn.cost)


def _speed(turn: Turn) -> str:
    if turn.timing is None or turn.usage is None or turn.usage.completion_tokens is None:
        return ""
    from fmtui.core.reply import speed  # noqa: PLC0415 - the first frame has no figures

    figure = speed(turn.usage.completion_tokens, turn.timing.first_token_s, turn.timing.total_s)
    return "" if figure is None else _about(turn.usage.estimated) + rate(figure)


def _first_token(turn: Turn) -> str:
    if turn.timing is None:
        return ""
    if turn.timing.first_token_s is None:
        return f"after {seconds(turn.timing.total_s)}"
    return f"first token {seconds(turn.timing.first_token_s)}"


def reasoning_figures(turn: Turn) -> str:
    """Return how much was thought, and for how long."""
    usage = turn.usage
    counted = usage.reasoning_tokens if usage is not None else None
    return thought(counted, len(turn.reasoning), turn.timing.reasoning_s if turn.timing is not None else None)


def thought(counted: int | None, characters: int, took_s: float | None) -> str:
    """Return how much was thought, a guess where nobody counted it, and for how long where that is known."""
    tokens = counted or (characters + 3) // 4
    words = f"{_about(not counted)}{tokens:,} {_plural(tokens)}"
    return words if took_s is None else f"{words}{SEPARATOR}{seconds(took_s)}"


def _about(estimated: bool) -> str:  # noqa: FBT001 - a private word, never called with a literal
    return "~" if estimated else ""


def _plural(tokens: int) -> str:
    return "token" if tokens == 1 else "tokens"
