"""The values that everything else passes around: parameters, turns, requests, events.

Pure: no disk, no socket, no screen. A conversation is a tree: every turn names its
parent, so that editing or asking again makes a sibling and nothing is ever overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, overload

from fmtui.core.errors import FmtuiError
from fmtui.core.record import NamedTuple, record
from fmtui.core.text import normalised

if TYPE_CHECKING:
    from fmtui.core.attachments import Pictures

Mode = Literal["chat", "completion"]
Role = Literal["system", "user", "assistant"]
Outcome = Literal["complete", "stopped", "cut_off", "error", "interrupted"]

DEFAULT_MAX_TOKENS = 2048
MAX_TOKENS_LIMIT = 10_000_000
"""Beyond any model's window: a larger number is a slip of the finger."""


@record
class Params:
    """What a reply is asked with. None, empty and zero-length mean: not sent."""

    endpoint: str = ""
    """Name of the endpoint, as in the configuration."""
    model: str = ""
    """Model or serving endpoint name, as the server knows it."""
    mode: Mode = "chat"
    max_tokens: int = DEFAULT_MAX_TOKENS
    """Most tokens the reply may have; always sent."""
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    system: str = ""
    """System prompt; in completion mode it is not sent."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the request body, as they are."""
    reasoning_effort: str = ""
    """How much the model is to reason, in the server's words; chat only, like the next two."""
    thinking: int | str | None = None
    """Tokens to think with, `adaptive` or `off`."""
    send_reasoning: bool | None = None
    """Whether earlier reasoning goes back to the model."""
    suffix: str = ""
    """What comes after the completed text; completion only, like the next three."""
    echo: bool | None = None
    """Whether the answer starts with the prompt."""
    error_behavior: str = ""
    """What the server does with a prompt that is too long: `error` or `truncate`."""
    use_raw_prompt: bool | None = None
    """Whether the server puts no instructions around the prompt."""


class Usage(NamedTuple):
    """Tokens counted by the server; `estimated` when they were guessed from the text instead."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool = False

    def merged(self, later: Usage) -> Usage:
        """Return the last known value of each count: servers send totals, never increments."""

        def last(new: int | None, old: int | None) -> int | None:
            return old if new is None else new

        return Usage(
            last(later.prompt_tokens, self.prompt_tokens),
            last(later.completion_tokens, self.completion_tokens),
            last(later.total_tokens, self.total_tokens),
            last(later.reasoning_tokens, self.reasoning_tokens),
            later.estimated,
        )


class Timing(NamedTuple):
    """How long a reply took, in seconds from the moment its request was made."""

    first_token_s: float | None
    """Until the first text, reasoning or tool call; None when nothing came."""
    total_s: float
    reasoning_s: float | None = None
    """From the first reasoning to the first text, or to the end; None when there was no reasoning."""


class ToolCall(NamedTuple):
    """A call that the model asked for; fmtui shows it and runs nothing."""

    name: str
    arguments: str
    """JSON text as the model wrote it."""
    id: str = ""


class Failure(NamedTuple):
    """An error as a value, so that a turn can keep and show what went wrong."""

    type: str
    message: str
    status: int | None = None
    hint: str = ""

    @classmethod
    def of(cls, error: FmtuiError) -> Failure:
        """Return the parts of an error that are worth keeping."""
        return cls(error.kind, error.message, error.status, error.hint)


@record
class Turn:
    """One prompt or one reply."""

    id: str
    role: Role
    text: str
    parent: str = ""
    """The turn before this one; empty for the first."""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    reasoning: str = ""
    params: Params | None = None
    """What a reply was asked with; None for prompts."""
    outcome: Outcome | None = None
    """How a reply ended; None for prompts."""
    finish_reason: str | None = None
    """The server's own word, such as `stop` or `length`; never an enumeration."""
    usage: Usage | None = None
    cost: float | None = None
    """Dollars that it cost at the price of its day; a guess where `usage` is; None where unknown."""
    timing: Timing | None = None
    error: Failure | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    notices: tuple[str, ...] = ()
    """What was odd about the stream, for people."""

    @classmethod
    def prompt(cls, text: str, parent: str = "") -> Turn:
        """Return a new user turn; its text is normalised for storage."""
        return cls(new_turn_id(), "user", normalised(text), parent)

    @property
    def says_something(self) -> bool:
        """Whether a reply holds anything that came from the model."""
        return bool(self.text or self.reasoning or self.tool_calls or self.outcome == "complete")

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all has come of it."""
        return not (self.text or self.reasoning or self.tool_calls or self.error or self.finish_reason)


def new_turn_id() -> str:
    """Return an id that is unique within a session, whoever else writes to it."""
    return os.urandom(4).hex()


class Said(NamedTuple):
    """What a model is told of a turn."""

    role: Role
    text: str
    reasoning: str = ""
    """Empty unless it was asked for."""
    echoes: bool = False
    """Whether the text starts with the prompt that it completes."""


class Request(NamedTuple):
    """What one reply is asked with: the parameters and the path of turns, oldest first.

    The turns of a long session are read from its file while the request is written, once for
    each attempt: they can be gone through again, but only one after the other.
    """

    params: Params
    turns: Iterable[Turn | Said]
    pictures: Pictures | None = None
    """Fetches the pictures that prompts name; without it their names are sent."""


class Model(NamedTuple):
    """One entry of an endpoint's model list."""

    name: str
    task: str = ""
    """The server's word for what it does, such as `llm/v1/chat`; empty when it did not say."""
    ready: bool = True
    label: str = ""
    """A longer name for people."""
    note: str = ""
    """Why it cannot be used now, or what to expect, such as a cold start."""
    context_window: int | None = None
    """Tokens that a prompt and its answer may have together; None where nobody said."""
    price_in: float | None = None
    """Dollars for a million tokens of the prompt; None where nobody said, 0 where it is free."""
    price_out: float | None = None
    """The same for the answer."""
    url: str = ""
    """Where its server says that it is asked; empty where the rule for all models holds."""
    id: str = ""
    """What its server calls it beside its name, where `url` is given."""
    talks: bool = True
    """False where it is known to neither chat nor complete; the lists that are offered have no such one."""

    @property
    def mode(self) -> Mode | None:
        """The mode that the task asks for, None when the task does not say."""
        if "completions" in self.task and "chat" not in self.task:
            return "completion"
        return "chat" if "chat" in self.task else None


def is_catalogue_name(model: str) -> bool:
    """Return whether a model has a name of Unity Catalog, `catalog.schema.model`, which goes to the gateway.

    Serving endpoints have no dot in their names.
    """
    return model.count(".") >= 2


# ---- events -----------------------------------------------------------------
# Written out: dataclasses take longer to make than all else in this module, at every start.


class _Event:
    """Events are equal when they are of one kind and say the same."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._values()}"


class TextDelta(_Event):
    """More text of the answer."""

    __slots__ = __match_args__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class ReasoningDelta(_Event):
    """More of the model's reasoning, which is shown apart and never sent back."""

    __slots__ = __match_args__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class ToolCallDelta(_Event):
    """A piece of a tool call: id and name come first, then pieces of the arguments."""

    __slots__ = __match_args__ = ("index", "id", "name", "arguments")

    def __init__(self, index: int, id: str = "", name: str = "", arguments: str = "") -> None:  # noqa: A002 - the protocol's word
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments


class UsageUpdate(_Event):
    """Token counts so far; totals, not increments."""

    __slots__ = __match_args__ = ("usage",)

    def __init__(self, usage: Usage) -> None:
        self.usage = usage


class Finished(_Event):
    """The server said why it stopped."""

    __slots__ = __match_args__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Notice(_Event):
    """Something odd that the user should know; the reply goes on."""

    __slots__ = __match_args__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message


class Retrying(_Event):
    """The request will be made again after a wait; nothing of the answer has come yet.

    `attempt` is the number of the coming attempt, 2 for the first retry.
    """

    __slots__ = __match_args__ = ("after_s", "reason", "attempt")

    def __init__(self, after_s: float, reason: str, attempt: int) -> None:
        self.after_s = after_s
        self.reason = reason
        self.attempt = attempt


Event: TypeAlias = TextDelta | ReasoningDelta | ToolCallDelta | UsageUpdate | Finished | Notice | Retrying


class Progress(NamedTuple):
    """Where a running reply stands."""

    elapsed_s: float
    first_token_s: float | None
    tokens: int
    estimated: bool
    tokens_per_s: float | None
    """Tokens after the first over the time since the first; None until that means something."""


# ---- the tree ---------------------------------------------------------------


class Turns(Protocol):
    """A path of turns, oldest first, of which each is made only when it is asked for.

    `tuple[Turn, ...]` does not fit because of `weight`; `TurnList` wraps one that does.
    """

    def __len__(self) -> int:
        """Return how many turns the path has."""
        ...

    def __getitem__(self, index: int, /) -> Turn:
        """Return one turn; may parse it now."""
        ...

    def weight(self, index: int) -> int:
        """Return about how many characters the turn has, without making it."""
        ...

    def id_of(self, index: int) -> str:
        """Return the id of the turn, without making it."""
        ...


class TurnList(Sequence[Turn]):
    """A path of turns that are all in memory."""

    def __init__(self, turns: Iterable[Turn] = ()) -> None:
        self._turns = list(turns)

    def __len__(self) -> int:
        return len(self._turns)

    @overload
    def __getitem__(self, index: int, /) -> Turn: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[Turn]: ...
    def __getitem__(self, index: int | slice, /) -> Turn | Sequence[Turn]:
        return self._turns[index]

    def weight(self, index: int) -> int:
        """Return the characters of the turn."""
        turn = self._turns[index]
        return len(turn.text) + len(turn.reasoning)

    def id_of(self, index: int) -> str:
        """Return the id of the turn."""
        return self._turns[index].id

    def append(self, turn: Turn) -> None:
        """Add a turn at the end of the path."""
        self._turns.append(turn)
