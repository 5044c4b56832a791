"""Keys in what a server says besides its answer: masked, whatever it is that says them.

The text of an answer is the user's and kept as it came. All else that a server says comes
through here: why it stopped, the ids and names of calls, the models of a list. What is
masked is not listed here, only what is not, so that nothing new can be forgotten. Errors
quote servers by `About.quoted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fmtui.core.chat import Event, Model, ReasoningDelta, TextDelta, ToolCallDelta
from fmtui.core.text import masker

_OF_THE_ANSWER: dict[type, tuple[str, ...]] = {
    TextDelta: ("text",),
    ReasoningDelta: ("text",),
    ToolCallDelta: ("arguments",),
}
"""The texts of events that are the answer itself."""


class Unkeyed:
    """Masks the keys that one server was sent.

    Args:
        secrets: the keys.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)
        self._mask: Callable[[str], str] | None = None

    def text(self, text: str) -> str:
        """Return a text without keys."""
        if not text or not self._secrets:
            return text
        if self._mask is None:
            self._mask = masker(self._secrets)
        return self._mask(text)

    def events(self, events: list[Event]) -> list[Event]:
        """Return the events of an answer, with keys in none of their texts but those of the answer itself."""
        if self._secrets:
            for event in events:
                own = _OF_THE_ANSWER.get(type(event), ())
                for name in event.__match_args__:
                    value = getattr(event, name)
                    if name not in own and isinstance(value, str):
                        setattr(event, name, self.text(value))
        return events

    def models(self, models: Iterable[Model]) -> list[Model]:
        """Return models of a list with keys in no text: they are kept on disk."""
        if not self._secrets:
            return list(models)
        return [Model(*(self.text(v) if isinstance(v, str) else v for v in model)) for model in models]  # type: ignore[arg-type] # each in its place
