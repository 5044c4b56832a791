"""What the document of an editor holds for a text: signs for controls, labels for what is long. Pure.

What is sent is always what was typed or pasted, to the character. A control lives in the
document as a private-use character, and a long paste or an attached file as one label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from fmtui.core.record import NamedTuple
from fmtui.core.text import human_size, normalised, printable

FOLD_CHARACTERS = 20_000
FOLD_LINES = 200
"""Larger insertions become a label. Measured: at 1 MB a key takes 1.5 s, at this size it cannot be felt."""
_ROOM = 30_000
"""Characters of a document from which on smaller insertions become labels too: many make a large one."""
_SMALL = 1_000
"""Characters of an insertion that is never folded."""
_LINE = 200
"""Characters of a line that may stay outside of the label of what is around it."""

LABEL = re.compile(r"⟦[^⟦⟧\n]*#(?:(\d{1,9})|[0-9a-f]{16})⟧")
"""A label: of something that is held here under a number, or of a picture that is kept under its digest."""

# Controls live in the document as private-use characters, one cell wide as their stand-ins:
# the document breaks lines at some of them, and those with no width would upset the wrapping.
_PRIVATE = 0xF0000
_CONTROLS = [
    *(code for code in range(0x20) if chr(code) not in "\n\t"),
    *range(0x7F, 0xA0),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
]
_ENCODE = {code: _PRIVATE + code for code in _CONTROLS}
_DECODE = {_PRIVATE + code: code for code in _CONTROLS}
_HIDDEN = re.compile(f"[{chr(_PRIVATE)}-{chr(_PRIVATE + 0x2069)}]")


class Held(NamedTuple):
    """What a label stands for."""

    text: str
    """A paste, or what is said at the end of the prompt of an attached file."""
    mention: str = ""
    """What stands in the prompt in the place of the label; empty for a paste, which is there itself."""
    name: str = "pasted"
    facts: str = ""
    """How much it is; said of the text where this is empty."""


class Attached(Protocol):
    """A file that is attached."""

    @property
    def name(self) -> str:
        """What its label calls it."""
        ...

    @property
    def mention(self) -> str:
        """What the prompt says in the place of the label."""
        ...

    @property
    def said(self) -> str:
        """What the prompt says at its end; empty for a picture, of which the mention is the label."""
        ...

    @property
    def facts(self) -> str:
        """How much it is."""
        ...


class Folds:
    """The labels of one editor and what they stand for."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._count = 0

    def plain(self, drawn: str) -> str:
        """Return the text that a part of the document stands for, attached files at its end."""
        text = drawn.translate(_DECODE) if _HIDDEN.search(drawn) else drawn
        if not self._held:
            return text
        attached: dict[int, str] = {}

        def unfold(match: re.Match[str]) -> str:
            number = int(match[1] or 0)
            held = self._held.get(number)
            if held is None:
                return match[0]
            if held.mention:
                attached[number] = held.text
            return held.mention or held.text

        text = LABEL.sub(unfold, text)
        return "\n\n".join([text.rstrip("\n"), *attached.values()]) if attached else text

    def drawn(self, text: str, others: int = 0, *, ends: bool = False) -> str:
        """Return what the document holds for a text.

        Args:
            text: what is put into it.
            others: characters that the document has besides.
            ends: whether its first and last line stay outside of a label: where a prompt comes back
                whose pastes are not known any more, they tell what was typed around them.
        """
        text = self._without_attached(normalised(text))
        pieces = [text]
        crowded = others + len(text) > _ROOM and len(text) > _SMALL
        if crowded or len(text) > FOLD_CHARACTERS or text.count("\n") > FOLD_LINES:
            pieces = list(self._folded(text, ends=ends))
        return "".join(pieces).translate(_ENCODE)

    def attach(self, file: Attached) -> str:
        """Return the label of an attached file."""
        self._count += 1
        name = re.sub(r"[⟦⟧\s]+", " ", printable(file.name))
        self._held[self._count] = Held(file.said, file.mention, name, file.facts)
        return self._label(self._count)

    def change(self, number: int, text: str) -> str:
        """Hold another text under a number; return its label, which says how much it is."""
        self._held[number] = self._held[number]._replace(text=normalised(text), facts="")
        return self._label(number)

    def held(self, number: int) -> Held | None:
        """Return what is held under a number."""
        return self._held.get(number)

    def keep_used(self, drawn: str) -> None:
        """Forget what no label of a document stands for: what was just sent may come back as it was."""
        used = {int(match[1]) for match in LABEL.finditer(drawn) if match[1]}
        self._held = {number: held for number, held in self._held.items() if number in used}

    def spans(self, line: str) -> Iterator[tuple[int, int, int]]:
        """Yield where the labels of a line start and end, and their numbers; 0 for a picture."""
        if "⟦" in line:
            for match in LABEL.finditer(line):
                number = int(match[1] or 0)
                if not number or number in self._held:
                    yield (*match.span(), number)

    def _without_attached(self, text: str) -> str:
        """Return a text with labels for the files at its end, those known from before anywhere."""
        if "\n\nAttached file `" in text:
            known = dict(self._held)
            labelled = self._labelled(text)
            if labelled != text and self.plain(labelled) == text:
                return labelled
            self._held = known
        for number, held in reversed(self._held.items()):
            if held.mention and held.mention in text and f"\n\n{held.text}" in text:
                before, _, after = text.rpartition(f"\n\n{held.text}")
                text = (before + after).replace(held.mention, self._label(number), 1)
        return text

    def _labelled(self, text: str) -> str:
        """Return a text with a label for each file at its end, as it was before it was sent."""
        # Only texts with files need it, and the start of the program has none.
        from fmtui.core.attachments import attached_to  # noqa: PLC0415

        text, files = attached_to(text)
        taken: set[int] = set()
        for file in files:
            known = (
                number
                for number, held in self._held.items()
                if (held.mention, held.text) == (file.mention, file.said) and number not in taken
            )
            number = next(known, 0)
            label = self._label(number) if number else self.attach(file)
            taken.add(number or self._count)
            text = text.replace(file.mention, label, 1)
        return text

    def _folded(self, text: str, *, ends: bool) -> Iterator[str]:
        """Yield the text with its pastes as labels: those known from before, else all of it as one."""
        for number, held in self._held.items():
            before, found, after = text.partition(held.text)
            if not held.mention and found and len(before) + len(after) <= FOLD_CHARACTERS:
                yield from (before, self._label(number), after)
                return
        # Inside a label nothing else is seen: what is attached keeps its own.
        at = 0
        for start, end, _ in [*self.spans(text), (len(text), len(text), 0)]:
            yield from self._one(text[at:start], ends=ends)
            yield text[start:end]
            at = end

    def _one(self, text: str, *, ends: bool) -> Iterator[str]:
        if len(text) <= _SMALL and text.count("\n") <= FOLD_LINES:
            yield text
            return
        first, last = _ends(text) if ends else (0, len(text))
        self._count += 1
        self._held[self._count] = Held(text[first:last])
        yield text[:first]
        yield self._label(self._count)
        yield text[last:]

    def _label(self, number: int) -> str:
        held = self._held[number]
        if held.facts:
            return f"⟦{held.name} {held.facts} #{number}⟧"
        lines = held.text.count("\n") + (not held.text.endswith("\n"))
        count = f"{lines:,} {'line' if lines == 1 else 'lines'}"
        return f"⟦{held.name} {human_size(len(held.text))} · {count} #{number}⟧"


def _ends(text: str) -> tuple[int, int]:
    """Return where what is between the first and the last line of a text begins and ends.

    Lines that are long themselves, and none behind a last line break, are not left out of it.
    """
    first, last = text.find("\n") + 1, text.rfind("\n")
    first = first if first <= _LINE else 0
    last = last if 1 < len(text) - last <= _LINE else len(text)
    # What looks like a label there would be taken for one.
    return (first, last) if first < last and not LABEL.search(text[:first] + text[last:]) else (0, len(text))


@cache
def _signs() -> dict[int, str]:
    """Return what is drawn for each control in a document."""
    controls = {_PRIVATE + code: printable(chr(code)) for code in _CONTROLS}
    return controls | {_PRIVATE + code: "\ufffd" for code in (0x2028, 0x2029)}


def visible(line: str) -> str:
    """Return a line of a document as it is drawn."""
    return line.translate(_signs()) if _HIDDEN.search(line) else line
