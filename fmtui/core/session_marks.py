"""What a user puts on a session to find it again: pinned, archived, tags. Kept in the head of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from fmtui.core.record import NamedTuple
from fmtui.core.text import printable

MarkName = Literal["pinned", "archived", "tags"]

MARKS: tuple[MarkName, ...] = ("pinned", "archived", "tags")
"""The keys of the head, in the order in which they are written behind its date."""

MOST_TAGS = 20
TAG_LENGTH = 40
_BETWEEN = re.compile(r"[\s,;#\"'\\\[\]]+")


class Marks(NamedTuple):
    """The marks of one session."""

    pinned: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    """In small letters, without `#`."""


NO_MARKS = Marks()


def marks_from(table: Mapping[str, object]) -> Marks:
    """Return the marks that the head of a file says; what has a wrong type counts as not said."""
    tags = table.get("tags")
    words = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return Marks(table.get("pinned") is True, table.get("archived") is True, tags_in(words))


def tags_in(words: Iterable[str]) -> tuple[str, ...]:
    """Return the tags that words are, each once; `#` and commas may stand between and before them."""
    found = (tag for word in words for tag in _BETWEEN.split(printable(word).lower()))
    shortened = dict.fromkeys(tag[:TAG_LENGTH] for tag in found if tag)
    return tuple(shortened)[:MOST_TAGS]


def retagged(tags: Iterable[str], text: str) -> tuple[str, ...]:
    """Return tags after what a user typed: `+new` adds, `-old` takes away, others replace them all."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if not words or not all(word[0] in "+-" for word in words):
        return tags_in(words)
    kept = list(tags)
    for word in words:
        named = tags_in([word[1:]])
        kept = [tag for tag in kept if tag not in named] + (list(named) if word[0] == "+" else [])
    return tags_in(kept)
