"""Markdown like a model's answer, the same in every run, cut into tokens of about four characters."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

_TEXT = (
    "the of and to a in is that for with on as this be by are it from or an at which model stream token "
    "buffer latency throughput server client parse value window cache layout render frame widget event loop "
    "async function returns because however therefore usually message conversation answer context memory"
)
_WORDS = _TEXT.split()
_CODE = '''def process(items: list[str], *, limit: int = {n}) -> dict[str, int]:
    """Count items and keep the most frequent ones."""
    counts: dict[str, int] = {{}}
    for index, item in enumerate(items):
        if not item.strip():
            continue  # skip blanks
        counts[item] = counts.get(item, 0) + 1
        if index > limit:
            raise ValueError(f"too many items: {{index}}")
    return dict(sorted(counts.items(), key=lambda pair: -pair[1])[:10])
'''
_TOKEN = re.compile(r"\n+| ?[^\s]{1,5}| +")


def _sentence(rng: random.Random) -> str:
    words = [rng.choice(_WORDS) for _ in range(rng.randint(8, 22))]
    marks = ((0.3, "**{0}**"), (0.3, "`{0}()`"), (0.1, "[{0}](https://example.org/{0})"))
    for share, mark in marks:
        if rng.random() < share:
            place = rng.randrange(len(words))
            words[place] = mark.format(words[place])
    return " ".join(words).capitalize() + ". "


def _paragraph(rng: random.Random) -> str:
    return "".join(_sentence(rng) for _ in range(rng.randint(2, 5))).rstrip() + "\n\n"


def _section(rng: random.Random, number: int) -> str:
    parts = [f"## Section {number}: {rng.choice(_WORDS)} {rng.choice(_WORDS)}\n\n"]
    parts += [_paragraph(rng) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.6:
        parts += [f"- {_sentence(rng).rstrip()}\n" for _ in range(rng.randint(3, 7))]
        parts.append("\n")
    if rng.random() < 0.7:
        parts.append(f"```python\n{_CODE.format(n=number)}```\n\n")
    if rng.random() < 0.2:
        parts.append("| name | value | note |\n| --- | --- | --- |\n")
        parts += [
            f"| {rng.choice(_WORDS)} | {rng.randint(0, 999)} | {rng.choice(_WORDS)} |\n"
            for _ in range(rng.randint(2, 5))
        ]
        parts.append("\n")
    return "".join(parts)


def answer(size: int, seed: int = 1) -> str:
    """Return an answer of `size` characters: headings, paragraphs, lists, code and tables."""
    rng = random.Random(seed)
    text, number = "", 0
    while len(text) < size:
        number += 1
        text += _section(rng, number)
    return text[:size]


def tokens(text: str) -> list[str]:
    """Cut a text about as a tokenizer does; the pieces joined are the text."""
    return _TOKEN.findall(text)


SIGN, SAVED_SIGN = "Ωλ", "Ψξ"
"""Stand on no screen of their own accord: once their bytes reach a terminal, the text around them is
shown. The one begins a streamed answer, the other ends a session on the disk."""


def fence(lines: int) -> str:
    """Return one code block of so many lines."""
    code = "\n".join(_CODE.format(n=number) for number in range(lines // 9 + 1)).splitlines()
    return "```python\n" + "\n".join(code[:lines]) + "\n```\n"


def bullets(items: int) -> str:
    """Return one list of so many items."""
    rng = random.Random(2)
    return "".join(f"- {_sentence(rng).rstrip()}\n" for _ in range(items))


def table(rows: int) -> str:
    """Return one table of so many rows."""
    rng = random.Random(3)
    cells = (
        f"| {rng.choice(_WORDS)} {number} | {rng.randint(0, 9999)} | {_sentence(rng).rstrip()} |\n"
        for number in range(rows)
    )
    return "| name | value | note |\n| --- | ---: | --- |\n" + "".join(cells)


def long_paragraph(size: int) -> str:
    """Return one paragraph of so many characters without a line break."""
    rng = random.Random(4)
    text = "".join(_sentence(rng) for _ in range(size // 80 + 1))
    while len(text) < size:
        text += _sentence(rng)
    return text[:size]


def nested(items: int) -> str:
    """Return lists in lists, four deep, with so many items in all."""
    rng = random.Random(5)
    return "".join(f"{'  ' * (number % 4)}- {_sentence(rng).rstrip()}\n" for number in range(items))


TEXTS: Mapping[str, Callable[[float], str]] = {
    "2,000-line fence": lambda share: fence(int(2_000 * share)),
    "500-item list": lambda share: bullets(int(500 * share)),
    "200-row table": lambda share: table(int(200 * share)),
    "100 KB paragraph": lambda share: long_paragraph(int(100_000 * share)),
    "500 nested items": lambda share: nested(int(500 * share)),
}
"""Texts that are one block each; the argument is how much of the named length they have, 1 for all of it."""
