"""What went wrong, as typed errors with one clear sentence and a hint.

Servers describe errors in a dozen shapes, transports in exceptions that name no host.
All of them end here. What a server wrote is quoted on one line, capped, with secrets
masked and without anything that acts on a terminal. Pure: nothing here sends or waits.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from fmtui.core.chat import Mode, Model
from fmtui.core.endpoints import shown_url
from fmtui.core.errors import (
    OFFERED,
    AuthError,
    ContextLengthError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitError,
    ServerError,
    StreamFailedError,
    UnavailableError,
    WrongTaskError,
)
from fmtui.core.text import masked, one_line
from fmtui.core.told import PAGE, Told, page_text, request_id_of, seconds_in, told_by, told_in

MAX_TEXT = 2000
"""Characters of a server's error text that are shown."""
MAX_WAIT_S = 120.0
"""A server that asks for a longer wait is not waited for."""
_MAX_LOOKED_AT = 65_536
"""Characters of it that are looked at: one that comes as part of an answer may be much longer."""
_TOO_LONG = re.compile(
    r"maximum context length|prompt is too long|exceeds the available context size|context window"
    r"|cannot exceed \d+\W+please reduce the length|reduce the length of|input is too long"
    r"|context_length_exceeded|exceed_context_size",
    re.IGNORECASE,
)
_BAD_TOKEN = re.compile(
    r"\binvalid (?:(?:access |api )?token|(?:access |api )key)\b(?! scope)", re.IGNORECASE
)
_NO_MODEL = re.compile(
    r"\binvalid model name\b|\bmodel_not_found\b|\bmodel\b.{0,200}\b(?:does not exist|not found)\b",
    re.IGNORECASE | re.DOTALL,
)
_SAMPLING = re.compile(r"temperature|top_p|top_k", re.IGNORECASE)
_WRONG_TASK = re.compile(r"is not supported by|\b(?:prompt|messages) is required", re.IGNORECASE)
_ONLY_LATER = {408, 409, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class About:
    """What sentences and hints may name, and what they must never show."""

    host: str = "the server"
    """Host, with its port where it is not the usual one."""
    endpoint: str = ""
    """The endpoint, as the user calls it."""
    key_source: str = ""
    """Where the key came from; empty when none was sent."""
    model: str = ""
    proxy: str = ""
    """The environment variable that names the proxy on the way; empty when there is none."""
    no_certificate: bool = False
    """Whether a secure server is shown no certificate of the client."""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def quoted(self, text: str, limit: int = MAX_TEXT) -> str:
        """Return a server's text as it may be shown: one line, capped, secrets masked."""
        # Masked before it is cut, so that no half of a key is left at the end.
        found = masked(text[:_MAX_LOOKED_AT], self.secrets)
        if len(text) > _MAX_LOOKED_AT:
            # Here one may be left, of a key that was quoted in up to six times its length.
            found = found[: -6 * max(map(len, self.secrets), default=1)]
        return one_line(found, limit)


NOBODY = About()


def error_from(status: int, headers: Mapping[str, str], body: bytes, about: About = NOBODY) -> ServerError:
    """Return the error of an answer whose status is not 2xx.

    Args:
        status: the HTTP status.
        headers: of the answer; their names may have any case.
        body: of the answer; only its beginning is needed.
        about: what the sentence may name, and what it must hide.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    told = told_by(body.decode("utf-8", "replace"))
    message = about.quoted(told.message) or _phrase(status)
    wait = _retry_after(lower, told)
    kind = _kind(status, told)
    request_id = about.quoted(request_id_of(lower), 100)
    hints = [_hint(kind, status, message, about), _asked_to_wait(kind, wait)]
    if issubclass(kind, RateLimitError) and (left := _limits(lower)):
        hints.append(f"{about.quoted(left, 240)}.")
    hint = " ".join(filter(None, hints)) + _request(request_id)
    error = kind(message, hint.lstrip(), status, code=about.quoted(told.code, 100), request_id=request_id)
    error.retry_after_s = wait
    error.retry = {"true": True, "false": False}.get(lower.get("x-should-retry", ""))
    return error


def stream_error(value: object, about: About = NOBODY) -> StreamFailedError | ContextLengthError:
    """Return the error that a server wrote into an answer that had begun with 200.

    That the conversation is too long is the same error wherever it stands: there is a choice then.
    """
    told = told_in(value) if not isinstance(value, str) else told_by(value)
    which = f"the error {told.code}" if told.code else "an error and did not say which"
    message = about.quoted(told.message or f"The server reported {which}.")
    kind = _kind(told.status or 0, told)
    # What has begun to answer is not starting: no status of its own is worth a hint here.
    status = 0 if kind is UnavailableError else told.status or 0
    hint = "" if kind is ServerError else _hint(kind, status, message, about)
    if kind is ContextLengthError:
        return ContextLengthError(message, hint, told.status)
    return StreamFailedError(message, hint, told.status)


def is_error(value: Mapping[str, object], *, named: bool = False) -> bool:
    """Return whether a JSON object in a 200 is an error; `named` when its event was called `error`."""
    if value.get("error"):
        return True
    if value.get("choices") or value.get("delta"):
        return False
    if named or value.get("error_code") or value.get("object") == "error" or value.get("type") == "error":
        return True
    return bool(value.get("detail")) and "choices" not in value and "usage" not in value


def not_an_api(body: bytes, content_type: str, about: About = NOBODY) -> ProtocolError:
    """Return the error of a 200 that holds a web page or something else no model wrote."""
    text = body.decode("utf-8", "replace")
    what = "a web page" if PAGE.match(text) or "html" in content_type.lower() else "something"
    quote = about.quoted(page_text(text), 300)
    return ProtocolError(
        f"{about.host} answered with {what} instead of a model's reply{': ' + quote if quote else ''}.",
        _URL_HINT.format(of=_of(about)),
    )


_URL_HINT = "Check the URL{of}: this address may belong to a login page or need a path such as /v1."


def redirected(status: int, location: str, about: About = NOBODY) -> ProtocolError:
    """Return the error of a redirect, which is never followed: the key is for one host only."""
    target = about.quoted(shown_url(location), 200)
    if "private-link" in location:
        hint = "The workspace is reached through a private link: use its network, or its private host name."
    else:
        hint = _URL_HINT.format(of=_of(about))
    where = f" to {target}" if target else ""
    return ProtocolError(
        f"{about.host} redirects{where} instead of answering; nothing was sent there.", hint, status
    )


def offer(
    error: NotFoundError | WrongTaskError, wanted: str, models: Sequence[Model], mode: Mode = "chat"
) -> None:
    """Have the hint of an error say what is known of the model, or which there are.

    Args:
        error: names no such model, or one that does not do what it was asked for.
        wanted: the name of the model.
        models: all that is listed, also what does not talk; the names most like the wanted one are told.
        mode: how it was asked.
    """
    known = next((model for model in models if model.name == wanted), None)
    name, request = f"“{one_line(wanted, 100)}”", _request(error.request_id)
    if known is None:
        others = _others(error, wanted, models) if isinstance(error, NotFoundError) else ""
        error.hint = others + request if others else error.hint
    elif not known.talks:
        which = f": it {one_line(known.note, 100)}" if known.note else ""
        others = _others(error, wanted, models)
        error.hint = f"{name} answers neither chat nor completion{which}. {others}".rstrip() + request
    elif isinstance(error, NotFoundError):
        state = "all the same: it may be starting" if known.ready else f"as {known.note or 'not ready'}"
        error.hint = f"{name} is listed {one_line(state, 100)}.{request}"
    elif known.mode not in (None, mode):
        does = "completes text" if mode == "chat" else "chats"
        error.hint = f"{name} is listed as one that {does}: choose the mode {known.mode}.{request}"


def _others(error: ServerError, wanted: str, models: Sequence[Model]) -> str:
    """Return in a sentence which models there are, the names most like the wanted one first."""
    names = [model.name for model in models if model.ready and model.talks]
    close = difflib.get_close_matches(wanted, names, n=5, cutoff=0.3)
    offered = (*close, *(name for name in names if name not in close))
    if isinstance(error, NotFoundError):
        error.offered = offered
    if not offered:
        return ""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{OFFERED} {', '.join(one_line(name, 100) for name in offered[:5])}{more}."


def duration(seconds: float) -> str:
    """Return a time span for people: `2 s`, `1 min 30 s`, `1 h`."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _kind(status: int, told: Told) -> type[ServerError]:
    text = f"{told.code} {told.message}"[:_MAX_LOOKED_AT]
    if status in (0, 400, 413, 422, 500) and _TOO_LONG.search(text):
        return ContextLengthError
    # Workspaces say 403 to a token that they do not know, and 400 where a gateway stands before them.
    if status == 401 or (status in (0, 400, 403) and _BAD_TOKEN.search(text)):
        return AuthError
    if status == 400 and _NO_MODEL.search(text[:MAX_TEXT]):
        return NotFoundError
    if status in (403, 404, 429):
        return {403: ForbiddenError, 404: NotFoundError, 429: RateLimitError}[status]
    if status == 501 or (400 <= status < 499 and not _SAMPLING.search(text) and _WRONG_TASK.search(text)):
        return WrongTaskError
    if status in _ONLY_LATER or status >= 500:
        return UnavailableError
    return ServerError


def _hint(kind: type[ServerError], status: int, message: str, about: About) -> str:
    low = message.lower()
    key = f"key from {about.key_source}" if about.key_source else "key"
    if kind is ContextLengthError:
        return (
            "The conversation and max_tokens do not fit into the model's window: start a new session, "
            "shorten the prompt, or lower max_tokens."
        )
    if kind is AuthError:
        if not about.key_source:
            return (
                f"The server wants a key and none was sent: set token_env{_of(about)} in the configuration."
            )
        whose = "workspace" if status == 403 else "host"
        refused = f"{about.host} refused the {key}{_of(about)}"
        wrong = f"{refused}: it is wrong, expired, revoked, or another {whose}'s."
        return f"{wrong} {_OAUTH_ONLY}" if _ROUTE_OPTIMISED in about.host else wrong
    if kind is ForbiddenError:
        if "scope" in low:
            return f"The {key} lacks a scope that this model needs."
        if "ip" in low.split() or "ip access" in low:
            return "The workspace does not let your network address in."
        if not about.model:  # a list was asked for
            return f"The {key} may not see the models here, or is of another workspace: name one by hand."
        wrong = f"The {key} may not use this model (it needs CAN QUERY), or is of another workspace."
        return f"{wrong} {_OAUTH_ONLY}" if _ROUTE_OPTIMISED in about.host else wrong
    if kind is NotFoundError:
        return (
            f"Check the model's name and the URL{_of(about)}: the model may be retired, of another region, "
            "or not ready yet."
        )
    if kind is RateLimitError:
        return "max_tokens counts against the limit before the model runs: lowering it may help."
    if status < 499 and _SAMPLING.search(low):
        return "This model may not take sampling parameters: leave temperature, top_p and top_k empty."
    if kind is WrongTaskError:
        return (
            "The model does not take this kind of request: try the other mode, chat or completion. "
            "Some models speak the Responses API only, which fmtui does not."
        )
    if status == 503:
        return "The model may be starting, which takes minutes when it was scaled to zero. Try again soon."
    if status == 504:
        return "It took longer than the server or a proxy allows: try again, or ask for a shorter reply."
    if kind is UnavailableError:
        return "The fault is the server's: try again later."
    if status == 499:
        return "The server cancelled the request: try again."
    if status == 413:
        return "The request is too large: shorten the conversation."
    return ""


def _request(request_id: str) -> str:
    return f" Request id: {request_id}." if request_id else ""


_ROUTE_OPTIMISED = ".serving."
_OAUTH_ONLY = "Route-optimised endpoints take OAuth tokens only, no personal access token."


def _asked_to_wait(kind: type[ServerError], wait: float | None) -> str:
    if wait is None:
        unsaid = "The server did not say how long to wait: there may be no quota for this model at all."
        return unsaid if kind is RateLimitError else ""
    if wait > MAX_WAIT_S:
        return f"The server asks to wait {duration(wait)}, too long to wait here. Try again then."
    return f"The server asks to wait {duration(wait)}."


def _of(about: About) -> str:
    return f" of endpoint “{about.endpoint}”" if about.endpoint else ""


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"The server answered with status {status} and no text."


def _retry_after(lower: Mapping[str, str], told: Told) -> float | None:
    milliseconds = seconds_in(lower.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    given = lower.get("retry-after", "")
    seconds = seconds_in(given)
    until = _moment(given) if seconds is None else None
    if until is not None:
        # By the server's own clock where it tells its time: this machine's may be wrong.
        now = _moment(lower.get("date", ""))
        seconds = seconds_in(until - (time.time() if now is None else now))
    return told.retry_after_s if seconds is None else seconds


def _moment(date: str) -> float | None:
    """Return the seconds since 1970 of a date as HTTP writes it; one without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _limits(lower: Mapping[str, str]) -> str:
    """Return what is left of the server's limits and when they begin anew, as its headers tell."""
    found = {name: value for name, value in lower.items() if "ratelimit" in name}
    told = [(name, value) for name, value in found.items() if "remaining" in name or "reset" in name]
    return ", ".join(f"{name}: {value}" for name, value in sorted(told)[:6])
