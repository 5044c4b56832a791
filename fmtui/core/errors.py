"""Every failure that a user can meet, as one tree.

    FmtuiError
    ├── UsageError             a value the user typed cannot be used
    ├── ConfigError            the configuration file, a profile or an environment variable is wrong
    ├── StorageError           a session or state file cannot be read or written
    │   ├── SessionNotFoundError
    │   └── SessionLockedError another window writes to this session
    ├── CredentialError        no token: none is set, or what gives it failed; no prompt was sent
    ├── ConnectError           no connection: refused, name not found, TLS, insecure, time-out
    ├── ServerError            the server answered with an error status
    │   ├── AuthError          401, or 400 "Invalid Token"
    │   ├── ForbiddenError     403
    │   ├── NotFoundError      404: wrong model or URL
    │   ├── RateLimitError     429
    │   ├── WrongTaskError     the model does not do what it was asked for: chat, or completion
    │   ├── ContextLengthError the conversation does not fit the model, also when a 200 says so
    │   └── UnavailableError   408, 409, 5xx: it may work later
    ├── ProtocolError          the answer is not what this protocol says (HTML, empty, error in a 200)
    │   └── StreamFailedError  the server reported an error inside the stream
    ├── ConnectionLostError    the connection broke while the answer came
    ├── IdleTimeoutError       the server went silent
    └── CutOffError            the stream ended without a finish reason

`message` is one clear sentence for a person and `hint` says what to do next; neither
ever holds a key. Both may quote a server, so they meet no markup parser and reach a
terminal only through `fmtui.core.text.printable`.
"""

from typing import Literal

Sent = Literal["partly", "reused", "whole"]
"""How much of what may be billed a server may have got when nothing of an answer came: not all of it
(or nothing of the kind was sent), all of it on a connection that was kept open and may have been closed
before, or all of it for certain."""


class FmtuiError(Exception):
    """Base of everything that fmtui reports to a person.

    Attributes:
        message: one sentence: what happened.
        hint: what to do about it; empty when there is nothing to do.
        status: the HTTP status, when a server answered.
    """

    kind = "error"
    """Stable name for scripts: the `type` of `fmtui ask --json`."""

    def __init__(self, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(FmtuiError):
    """A value the user typed cannot be used."""

    kind = "usage"


class ConfigError(FmtuiError):
    """The configuration, a profile or an environment variable is wrong.

    Attributes:
        file: the file at fault, empty for the environment.
        line: its line, counted from 1, or None where it is not known.
        key: the dotted key at fault.
    """

    kind = "config"

    def __init__(
        self, message: str, hint: str = "", *, file: str = "", line: int | None = None, key: str = ""
    ) -> None:
        super().__init__(message, hint)
        self.file = file
        self.line = line
        self.key = key


class StorageError(FmtuiError):
    """A session, draft or state file cannot be read or written."""

    kind = "storage"


class SessionNotFoundError(StorageError):
    """No session has this id."""

    kind = "session_not_found"


class SessionLockedError(StorageError):
    """Another window writes to this session."""

    kind = "session_locked"


class CredentialError(FmtuiError):
    """There is no token to send: none is set, or the program or sign-in that gives it failed."""

    kind = "credential"


class ConnectError(FmtuiError):
    """No connection came about, so the server never saw the request.

    Attributes:
        passes: whether it may work a moment later; not so what the settings of this machine rule out.
    """

    kind = "connect"

    def __init__(self, message: str, hint: str = "", *, passes: bool = True) -> None:
        super().__init__(message, hint)
        self.passes = passes


class ServerError(FmtuiError):
    """The server answered with an error status.

    Attributes:
        code: the server's own name for the error, such as `RESOURCE_DOES_NOT_EXIST`.
        request_id: what support staff ask for, when the server sent one.
        retry: whether the server said that trying again helps; None when it did not say.
        retry_after_s: how long the server asks to wait, in seconds; None when it did not say.
    """

    kind = "server"
    retry: bool | None = None
    retry_after_s: float | None = None

    def __init__(
        self,
        message: str,
        hint: str = "",
        status: int | None = None,
        *,
        code: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message, hint, status)
        self.code = code
        self.request_id = request_id


class AuthError(ServerError):
    """The server refused the key: 401, or 400 or 403 with `Invalid Token` or the like."""

    kind = "auth"


class ForbiddenError(ServerError):
    """403: the key is known but may not do this."""

    kind = "forbidden"


OFFERED = "Offered here:"
"""Begins the hint that tells which models there are in the place of one that there is not."""


class NotFoundError(ServerError):
    """404: no such model or URL.

    Attributes:
        offered: the models that the endpoint does offer, when they could be listed.
    """

    kind = "not_found"
    offered: tuple[str, ...] = ()


class WrongTaskError(ServerError):
    """The model does not take this kind of request: it completes and does not chat, or does neither."""

    kind = "wrong_task"


class RateLimitError(ServerError):
    """429: too many requests or tokens."""

    kind = "rate_limit"


class ContextLengthError(ServerError):
    """The conversation or max_tokens does not fit the model's window."""

    kind = "context_length"


class UnavailableError(ServerError):
    """408, 409 and 5xx: the same request may work later."""

    kind = "unavailable"


class ProtocolError(FmtuiError):
    """The answer is not what the protocol says: HTML, an empty 200, no API at all."""

    kind = "protocol"


class StreamFailedError(ProtocolError):
    """The server reported an error inside a stream that had begun with 200."""

    kind = "stream_failed"


class _UnansweredError(FmtuiError):
    """Nothing more came of a request.

    Attributes:
        sent: how much of the request the server may have got.
    """

    def __init__(self, message: str, hint: str = "", *, sent: Sent = "whole") -> None:
        super().__init__(message, hint)
        self.sent: Sent = sent


class ConnectionLostError(_UnansweredError):
    """The connection broke while the answer came, or before it."""

    kind = "connection_lost"


class IdleTimeoutError(_UnansweredError):
    """The server sent nothing for longer than the limit."""

    kind = "idle_timeout"


class CutOffError(FmtuiError):
    """The stream ended with neither `[DONE]` nor a finish reason: part of the answer is missing."""

    kind = "cut_off"
