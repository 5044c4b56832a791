"""Markdown like a model's answer, the same in every run, cut into tokens of about four characters."""

from __future__ import annotations

import random
import re

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
