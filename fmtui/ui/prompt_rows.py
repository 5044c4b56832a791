"""The user's own prompts as dialogs show them."""

from __future__ import annotations

from collections.abc import Callable

from fmtui.core.record import NamedTuple


class PromptRow(NamedTuple):
    """One prompt of a list. The texts are the user's files': anyone's."""

    name: str
    description: str
    gives: str
    """What it has, in a word or two."""
    begins: str
    """Its first words."""


class Asked(NamedTuple):
    """One variable that has to be asked for."""

    name: str
    value: str
    """What the field starts with."""
    check: Callable[[str], object]
    """Raises ValueError, with a sentence for people, for a text that is no value."""
    choices: tuple[str, ...] = ()
    """What it may be; anything when empty."""
    description: str = ""
    may_be_empty: bool = False
