"""What the Linux console shows where its font lacks a character: a font there has 256 or 512 glyphs.

What it lacks it shows as the same box, so that a task that is done looks like one that is not, and what
is wide may move the rest of a row. Here each character that the font has not got becomes one that it has,
and takes the columns that it had.
"""

from __future__ import annotations

import array
import fcntl
import re
import struct
import unicodedata
from collections.abc import Callable, Iterable

from rich.cells import split_graphemes

_GET_MAP = 0x4B66
"""The request for the characters of the console's font, `GIO_UNIMAP`."""
_MOST = 16_384
"""Characters that a font may be said to have; the kernel counts them in 16 bits."""
_FOREIGN = re.compile(r"[ -~]?[^\x00-\x7f]+")
"""Characters that a font may lack, with the one before, which they may be joined to."""
_MANY = 4096
"""Characters and joined characters after which the cache begins anew."""
_ASCII = frozenset(map(chr, range(0x20, 0x7F)))
USUAL = _ASCII.union(map(chr, range(0xA0, 0x100)), "─│┌┐└┘├┤┬┴┼═║╔╗╚╝█░▒■←↑→↓▲▼♦•") - {"×"}
"""What both the kernel's own font and those of distributions have, and Western letters."""

_ALIKE = {
    **dict.fromkeys("▏▎▍▌▐▕┃╎╏┆┇┊┋▋", "│|"),
    **dict.fromkeys("━╌╍┄┅┈┉―", "─-"),
    **dict.fromkeys("╭┏", "┌+"),
    **dict.fromkeys("╮┓", "┐+"),
    **dict.fromkeys("╰┗", "└+"),
    **dict.fromkeys("╯┛", "┘+"),
    **dict.fromkeys("┣┝┠", "├+"),
    **dict.fromkeys("┫┥┨", "┤+"),
    **dict.fromkeys("┳┯┰", "┬+"),
    **dict.fromkeys("┻┷┸", "┴+"),
    **dict.fromkeys("╋┿╂╪╫", "┼+"),
    **dict.fromkeys("█▉▊▇▆▅▄▀▛▜▙▟▓", "█▒#"),
    **dict.fromkeys("▁▂▃", "_"),
    **dict.fromkeys("▔", "▀─-"),
    **dict.fromkeys("▸▶", "►>"),
    **dict.fromkeys("◂◀", "◄<"),
    **dict.fromkeys("▾▼", "▼v"),
    **dict.fromkeys("▴▲", "▲^"),
    **dict.fromkeys("●⬤•∙", "•*"),
    **dict.fromkeys("◦○□☐◻", "○o"),
    **dict.fromkeys("☑☒✓✔✅", "√x"),
    **dict.fromkeys("✗✘×✕✖❌", "×x"),
    **dict.fromkeys("▪■◼", "■*"),
    **dict.fromkeys("◆◇", "♦*"),
    **dict.fromkeys("★☆✦✨⭐", "*"),
    **dict.fromkeys("⟦", "["),
    **dict.fromkeys("⟧", "]"),
    **dict.fromkeys("‘’‚‹›′", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("–—‐‑‒−", "-"),
    **dict.fromkeys("⇒⟶➜", "→>"),
    **dict.fromkeys("⇐⟵", "←<"),
    "…": ".",
    "↵": "←<",
    "⏎": "←<",
    "⁄": "/",
    "€": "E",
}
"""What may stand for a character, the likest first."""
_UNKNOWN = "■?"
"""What stands for all others."""


_JOINED = re.compile(
    "\u200d[\u2600-\u27bf\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?|[\U0001f3fb-\U0001f3ff]"
)
"""What is joined to an emoji, and makes one of it that is as wide."""


def unjoined(text: str) -> str:
    """Return a text with the first of all emoji that are joined to one, which is as wide.

    GNU screen counts each of them, and the terminal around it, or the tmux, the one they make: what screen
    writes behind it would come to a wrong column.
    """
    return text if text.isascii() else _JOINED.sub("", text)


def glyphs_of(number: int, ask: Callable[[int, int, bytearray], object] = fcntl.ioctl) -> frozenset[str]:
    """Return the characters that the font of a Linux console has.

    Args:
        number: the console.
        ask: puts a question to the kernel.
    """
    pairs = array.array("H", bytes(4 * _MOST))
    question = bytearray(struct.pack("HP", _MOST, pairs.buffer_info()[0]))
    try:
        ask(number, _GET_MAP, question)
    except OSError:  # it is at the other end of a line, or another terminal calls itself so
        return USUAL
    count: int = struct.unpack("HP", question)[0]
    found = frozenset(map(chr, pairs[: 2 * min(count, _MOST) : 2]))
    # A font without a map shows everything by its number, of which only these are known.
    return found | _ASCII


class Glyphs:
    """Changes what is written to what a font has.

    Args:
        has: the characters of the font.
    """

    def __init__(self, has: frozenset[str]) -> None:
        self._has = has
        self._known: dict[str, str] = {}

    def shown(self, text: str) -> str:
        """Return what to write instead of a text, which takes as many columns; sequences stay as they are."""
        return text if text.isascii() else _FOREIGN.sub(self._shown_part, text)

    def _shown_part(self, found: re.Match[str]) -> str:
        text = found[0]
        if self._has.issuperset(text):
            return text
        return "".join(
            self._shown_as(text[start:end], width) for start, end, width in split_graphemes(text)[0]
        )

    def _shown_as(self, cluster: str, width: int) -> str:
        """Return what stands for characters that are joined to one."""
        if cluster in self._has:
            return cluster
        if len(self._known) > _MANY:
            self._known.clear()
        if cluster not in self._known:
            first = next((each for each in _candidates(cluster) if each in self._has), "?")
            self._known[cluster] = (first + " " * (width - 1))[:width]
        return self._known[cluster]


def _candidates(cluster: str) -> Iterable[str]:
    """Yield what may stand for joined characters, the likest first."""
    yield unicodedata.normalize("NFC", cluster)
    yield from _ALIKE.get(cluster[:1], "")
    # `é` is an `e` to a font without it, and `①` a `1`.
    plain = unicodedata.normalize("NFKD", cluster)
    if plain and (len(plain) == 1 or unicodedata.combining(plain[1])):
        yield plain[0]
    yield from _UNKNOWN
