"""fmtui: chat with foundation models in the terminal, on the command line and from Python.

    import fmtui

    for chunk in fmtui.chat("databricks", model="…", messages=[{"role": "user", "content": "Hello"}]):
        print(chunk.text, end="", flush=True)

The names below are imported when they are first used, so that `fmtui --version` and the
app's first frame do not wait for what they do without.
"""

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False  # as checkers know it; importing `typing` takes longer than all of this module
if TYPE_CHECKING:
    from fmtui.api import Chunk, chat, complete, endpoint
    from fmtui.core.auth import Credential
    from fmtui.core.chat import (
        Event,
        Finished,
        Model,
        Notice,
        Params,
        ReasoningDelta,
        Request,
        Retrying,
        TextDelta,
        Timing,
        ToolCall,
        ToolCallDelta,
        Turn,
        Usage,
        UsageUpdate,
    )
    from fmtui.core.client import Client
    from fmtui.core.demo import DemoTransport
    from fmtui.core.endpoints import Endpoint
    from fmtui.core.errors import (
        AuthError,
        ConfigError,
        ConnectError,
        ConnectionLostError,
        ContextLengthError,
        CredentialError,
        CutOffError,
        FmtuiError,
        ForbiddenError,
        IdleTimeoutError,
        NotFoundError,
        ProtocolError,
        RateLimitError,
        ServerError,
        StorageError,
        StreamFailedError,
        UnavailableError,
        UsageError,
        WrongTaskError,
    )
    from fmtui.core.reply import Reply

__all__ = [
    "AuthError",
    "Chunk",
    "Client",
    "ConfigError",
    "ConnectError",
    "ConnectionLostError",
    "ContextLengthError",
    "Credential",
    "CredentialError",
    "CutOffError",
    "DemoTransport",
    "Endpoint",
    "Event",
    "Finished",
    "FmtuiError",
    "ForbiddenError",
    "IdleTimeoutError",
    "Model",
    "NotFoundError",
    "Notice",
    "Params",
    "ProtocolError",
    "RateLimitError",
    "ReasoningDelta",
    "Reply",
    "Request",
    "Retrying",
    "ServerError",
    "StorageError",
    "StreamFailedError",
    "TextDelta",
    "Timing",
    "ToolCall",
    "ToolCallDelta",
    "Turn",
    "UnavailableError",
    "Usage",
    "UsageError",
    "UsageUpdate",
    "WrongTaskError",
    "__version__",
    "chat",
    "complete",
    "endpoint",
]

_PLACES = {
    "Chunk": "fmtui.api",
    "Client": "fmtui.core.client",
    "Credential": "fmtui.core.auth",
    "DemoTransport": "fmtui.core.demo",
    "Endpoint": "fmtui.core.endpoints",
    "Reply": "fmtui.core.reply",
    "chat": "fmtui.api",
    "complete": "fmtui.api",
    "endpoint": "fmtui.api",
}
"""Where the names are that neither `core.chat` nor `core.errors` has."""


if not TYPE_CHECKING:  # for a checker the imports above are the whole truth, so it finds a wrong name

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        usual = "fmtui.core.errors" if name.endswith("Error") else "fmtui.core.chat"
        value: object = getattr(import_module(_PLACES.get(name, usual)), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
