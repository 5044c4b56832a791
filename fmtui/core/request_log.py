"""What is written to the log about each request: how it went, never what it said.

One line tells method, host, path, status, sizes and times of a request when it is over.
Prompts, answers, headers and keys are not looked at; of a URL only host and path are told.
With `--debug` there is a line for the start, and the shape of events: names of fields, types
and lengths.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NoReturn, Self
from urllib.parse import urlsplit

from fmtui.core.errors import FmtuiError
from fmtui.core.text import one_line

if TYPE_CHECKING:  # nothing of it is needed to write a line
    import httpx

log = logging.getLogger("fmtui.request")

_WATCH = "fmtui_watch"
"""Where a response keeps what is known of its request."""
_TOLD = 50
"""Events whose shape is told; after them one in `_EVERY`."""
_EVERY = 100
_DEEPEST = 8
_WIDEST = 8
_NAMES = frozenset({"object", "role", "type", "finish_reason"})
"""Fields whose text is one of a few words of the protocol, and is told."""
_LONGEST = 160
_LONGEST_SHAPE = 500
_LONGEST_SHAPED = 200_000
"""Characters of an event whose shape is told; of a longer one only the length is."""

_numbers = count(1)


def pair(name: str, value: object, longest: int = _LONGEST) -> str:
    """Return `name=value` as it stands in a line; no value can end the line, or pass for another pair."""
    text = one_line(str(value), longest)
    if not text or any(sign in text for sign in " =\"'\\"):
        text = json.dumps(text, ensure_ascii=False)
    return f"{name}={text}"


def line(what: str, values: Mapping[str, object]) -> str:
    """Return a line of the log; values that are None are left out."""
    return " ".join([what, *(pair(name, value) for name, value in values.items() if value is not None)])


class Watch:
    """Follows one request from before it is sent; used as a context, it tells how that ended.

    Args:
        method: of HTTP.
        url: of which host and path are told.
        endpoint: its name.
        size: bytes of the body.
    """

    def __init__(self, method: str, url: str, endpoint: str, size: int = 0) -> None:
        parts = urlsplit(url)
        self.id = next(_numbers)
        """Its number in this process."""
        self._about: dict[str, object] = {
            "id": self.id,
            "method": method,
            "host": parts.netloc.rpartition("@")[2],
            "path": parts.path,
            "endpoint": endpoint,
            "sent": size,
        }
        self._began = time.monotonic()
        self._headers: float | None = None
        self._first: float | None = None
        self._response: httpx.Response | None = None
        self._over = False
        self.events = 0
        """How many events the answer had so far."""
        self.mask: Callable[[str], str] = str
        """Hides keys in what the server says."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug(line("begin", self._about))

    def answered(self, response: httpx.Response, mask: Callable[[str], str] = str) -> None:
        """Note that headers came, and be found by `watch_of`.

        Args:
            response: whose headers came.
            mask: hides keys in what the server says; it may echo them in any place.
        """
        self._response = response
        self.mask = mask
        self._headers = time.monotonic()
        response.extensions[_WATCH] = self
        if log.isEnabledFor(logging.DEBUG):
            names = mask(",".join(sorted({name.lower() for name in response.headers})))
            log.debug(
                line(
                    "headers",
                    {
                        "id": self.id,
                        "status": response.status_code,
                        "http": response.http_version,
                        "names": names,
                    },
                )
            )

    def event(self) -> None:
        """Note that an event came."""
        self.events += 1
        if self._first is None:
            self._first = time.monotonic()

    def ended(self, outcome: str, status: int | None = None) -> None:
        """Write the line; only the first end counts."""
        if self._over:
            return
        self._over = True
        response = self._response
        values = dict(self._about)
        values["status"] = response.status_code if response is not None else status
        values["received"] = response.num_bytes_downloaded if response is not None else 0
        values["events"] = self.events or None
        values["headers_ms"] = self._ms(self._headers)
        values["first_ms"] = self._ms(self._first)
        values["total_ms"] = self._ms(time.monotonic())
        values["outcome"] = outcome
        if response is not None:
            from fmtui.core.told import request_id_of  # noqa: PLC0415 - the client has it already

            request_id = request_id_of(response.headers)
            values["request_id"] = self.mask(request_id) if request_id else None
        log.info(line("request", values))

    def _ms(self, at: float | None) -> int | None:
        return None if at is None else round(1000 * (at - self._began))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        del kind, trace
        self.ended(outcome_of(error))
        return False


def outcome_of(error: BaseException | None) -> str:
    """Return how something ended: `complete`, the kind of our error, `stopped` when it was left early."""
    if error is None:
        return "complete"
    if isinstance(error, FmtuiError):
        return error.kind
    return "failed" if isinstance(error, Exception) else "stopped"


def watch_of(response: httpx.Response) -> Watch:
    """Return what follows the request of a response."""
    watch = response.extensions.get(_WATCH)
    return watch if isinstance(watch, Watch) else Watch("?", "", "")


def unsent(method: str, url: str, endpoint: str, outcome: str) -> None:
    """Tell that a request did not go out, as there was no key for it or it must not."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    values = {"method": method, "host": host, "path": parts.path, "endpoint": endpoint, "outcome": outcome}
    log.info(line("unsent", values))


def retrying(wait_s: float, reason: str, attempt: int) -> None:
    """Tell that a request will be made again."""
    log.info(line("retry", {"after_s": round(wait_s, 2), "attempt": attempt, "reason": reason}))


class Shapes:
    """Tells the shapes of an answer's events, of the first ones each and then now and then."""

    def __init__(self, response: httpx.Response) -> None:
        self._on = log.isEnabledFor(logging.DEBUG)
        self._watch = watch_of(response)

    def see(self, data: str) -> None:
        """Count an event, and tell its shape if it is one of those that are told."""
        watch = self._watch
        watch.event()
        if self._on and (watch.events <= _TOLD or watch.events % _EVERY == 0):
            told = line("event", {"id": watch.id, "n": watch.events})
            # Reading a huge one again would hold up the screen.
            shape = shape_of(watch.mask(data)) if len(data) <= _LONGEST_SHAPED else f"text({len(data)})"
            log.debug(f"{told} {pair('shape', shape, _LONGEST_SHAPE)}")  # noqa: G004 - nothing is left to format


def shape_of(data: str) -> str:
    """Return names, types and lengths of what is in an event, and nothing that it says."""
    if data.strip() == "[DONE]":
        return "[DONE]"
    try:
        value = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return f"text({len(data)})"
    return ";".join(_shapes(value, "", _DEEPEST))


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _shapes(value: object, path: str, deepest: int) -> Iterator[str]:
    if isinstance(value, dict) and value and deepest:
        for name, inner in list(value.items())[:_WIDEST]:
            field = one_line(str(name), 30)
            yield from _shapes(inner, f"{path}.{field}" if path else field, deepest - 1)
        if len(value) > _WIDEST:
            yield f"{path}.+{len(value) - _WIDEST}"
    elif isinstance(value, list) and value and deepest:
        yield from _shapes(value[0], f"{path}[{len(value)}]", deepest - 1)
    elif isinstance(value, str):
        name = path.rpartition(".")[2]
        told = name in _NAMES and len(value) <= 30 and value.replace("_", "").replace(".", "").isalnum()
        yield f"{path}:{value}" if told else f"{path}:str({len(value)})"
    elif isinstance(value, dict | list):
        yield f"{path}:{type(value).__name__}({len(value)})"
    else:
        yield f"{path}:{'null' if value is None else type(value).__name__}"
