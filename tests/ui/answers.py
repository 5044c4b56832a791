"""Long answers as a language model writes them, the same ones at every run.

`answer(shape, size)` gives about `size` characters; `tokens` cuts a text about as finely as
a model sends it.
"""

import random
import re
from collections.abc import Callable
from typing import Final, Literal

Shape = Literal["mixed", "fence", "list", "table", "paragraph"]
SHAPES: Final[tuple[Shape, ...]] = ("mixed", "fence", "list", "table", "paragraph")

_NOUNS = (
    "river",
    "lantern",
    "ledger",
    "harbour",
    "engine",
    "garden",
    "signal",
    "window",
    "bridge",
    "orchard",
    "compass",
    "market",
)
_VERBS = ("carries", "keeps", "turns", "finds", "measures", "follows", "holds", "opens", "crosses", "mends")
_ASIDES = (
    "**about {n} times** a day",
    "with `count_{n}()`",
    "see [the notes](https://example.org/{n})",
    "*mostly* in spring",
    "which is called 灯台 there",
    "and nobody knows why 🙂",
)
_CODE = '''class Harbour{n}:
    """Where ships number {n} wait."""

    def __init__(self, berths: int = {n}) -> None:
        self.berths = berths  # free ones
        self.names: list[str] = []

    def enter(self, name: str) -> bool:
        if len(self.names) >= self.berths:
            return False
        self.names.append(f"{{name}} at {{len(self.names)}}")
        return True


'''
_TOKEN = re.compile(r"\s*\S{1,4}|\s+")


def _sentence(rng: random.Random) -> str:
    words = [
        f"the {rng.choice(_NOUNS)} {rng.choice(_VERBS)} the {rng.choice(_NOUNS)}"
        for _ in range(rng.randint(1, 3))
    ]
    if rng.random() < 0.5:
        words.append(rng.choice(_ASIDES).format(n=rng.randint(1, 99)))
    return ", ".join(words).capitalize() + "."


def _paragraph(rng: random.Random) -> str:
    return " ".join(_sentence(rng) for _ in range(rng.randint(2, 6))) + "\n\n"


def _items(rng: random.Random) -> str:
    items = "".join(f"- {_sentence(rng)}\n" for _ in range(rng.randint(3, 6)))
    steps = "".join(f"{n}. {_sentence(rng)}\n   - {_sentence(rng)}\n" for n in range(1, rng.randint(3, 5)))
    return f"{items}\n{steps}\n"


def _row(rng: random.Random) -> str:
    return f"| {rng.choice(_NOUNS)} | {rng.randint(0, 9_999)} | {_sentence(rng)} |\n"


_HEAD = "| what | how many | remarks |\n| --- | ---: | --- |\n"


def _table(rng: random.Random) -> str:
    return _HEAD + "".join(_row(rng) for _ in range(rng.randint(2, 5))) + "\n"


def _code(rng: random.Random) -> str:
    return f"```python\n{_CODE.format(n=rng.randint(1, 99))}```\n\n"


def _section(rng: random.Random) -> str:
    title = f"## The {rng.choice(_NOUNS)}\n\n"
    parts: list[Callable[[random.Random], str]] = [_paragraph, _items, _table, _code, _paragraph]
    rng.shuffle(parts)
    quote = f"> {_sentence(rng)}\n>\n> {_sentence(rng)}\n\n" if rng.random() < 0.3 else ""
    return title + "".join(part(rng) for part in parts) + quote


def answer(shape: Shape, size: int, seed: int = 1) -> str:
    """Return an answer of one shape, of at least `size` characters."""
    rng = random.Random(seed)
    start, part = {
        "mixed": ("", _section),
        "fence": ("Here it is:\n\n```python\n", lambda r: _CODE.format(n=r.randint(1, 99))),
        "list": ("", lambda r: f"- {_sentence(r)}\n"),
        "table": (_HEAD, _row),
        "paragraph": ("", lambda r: _sentence(r) + " "),
    }[shape]
    parts, length = [start], len(start)
    while length < size:
        parts.append(part(rng))
        length += len(parts[-1])
    if shape == "fence":
        parts.append("```\n")
    return "".join(parts)


def tokens(text: str) -> list[str]:
    """Return the text cut into pieces of about four characters."""
    return _TOKEN.findall(text)
