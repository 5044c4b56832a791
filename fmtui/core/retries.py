"""When a request that failed before its answer began is made again, and after how long.

The rule of the OpenAI library: twice at most, after the time the server asks for where it
does, and never when that is more than two minutes. Once a server has said 200 nothing is
asked again: the user may have paid for it, and part of it may be on the screen.

An answer that is an error is not billed: it is what says that the request may be made again.

Nor is anything that may have been billed sent again by surprise. When nothing came back:

- no connection came about, be it for the name, the network or TLS, or the request did not go out in
  full: again, twice at most (once where the time ran out, which was long already);
- it went out in full on a connection kept open from an earlier request, which broke at once:
  again, once, since servers close idle connections just when the next request comes;
- it went out in full on a new connection, or the connection broke later, or the time ran out
  then: not again. The server may be working on it still, so whether to ask again is for the
  user to say.
"""

from __future__ import annotations

from fmtui.core.errors import (
    ConnectError,
    ConnectionLostError,
    FmtuiError,
    IdleTimeoutError,
    RateLimitError,
    ServerError,
    UnavailableError,
)
from fmtui.core.failures import MAX_WAIT_S

MAX_RETRIES = 2


def retry_wait(error: FmtuiError, attempt: int, jitter: float) -> float | None:
    """Return the seconds to wait before the request is made again, None when it is not.

    Args:
        error: what ended this attempt, before anything of an answer came.
        attempt: its number, from 1.
        jitter: a random number from 0 to 1, which spreads clients that failed together.
    """
    if attempt > MAX_RETRIES or not _may_retry(error, attempt):
        return None
    asked = error.retry_after_s if isinstance(error, ServerError) else None
    if asked is not None:
        return asked if asked <= MAX_WAIT_S else None
    return float(min(0.5 * 2 ** (attempt - 1), 8.0) * (1 - 0.25 * jitter))


def _may_retry(error: FmtuiError, attempt: int) -> bool:
    if isinstance(error, ServerError):
        if error.retry is not None:
            return error.retry
        if error.status == 504:
            return attempt == 1
        return isinstance(error, RateLimitError | UnavailableError)
    if isinstance(error, IdleTimeoutError):
        return error.sent == "partly" and attempt == 1
    if isinstance(error, ConnectionLostError):
        return error.sent == "partly" or (error.sent == "reused" and attempt == 1)
    return isinstance(error, ConnectError) and error.passes


def retry_reason(error: FmtuiError) -> str:
    """Return why a request is made again, in a few words."""
    if error.status == 429:
        return "429: too many requests"
    if error.status == 503:
        return "503: the model is starting or busy"
    if error.status is not None:
        return f"{error.status}: the server failed"
    return error.message.rstrip(".")
