"""Sentences: emphasis, code, links and breaks within one block, as runs.

A text is read in pieces that are cut where nothing is open, or at the latest after
`LONGEST` characters. A growing paragraph is then never read again from its start, and
unmatched marks at the start of a long text cost nothing and change nothing far away.
Entities are decoded by the parser after the source was made printable, so every text that
leaves here passes `printable` again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fmtui.core.text import printable
from fmtui.ui.conversation.lines import Line, Run, joined, link_of, linked
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.parsing import parser
from fmtui.ui.conversation.styles import Style

if TYPE_CHECKING:  # imported when the first text is read: it costs a part of the start-up time
    from markdown_it.token import Token

PIECE = 240
"""Characters after which a piece ends at the next place where nothing is open."""
LONGEST = 2_000
"""Characters after which a piece ends at the next space, whatever is open."""
UNBROKEN = 3_000
"""Characters after which a piece without such a space ends anywhere."""
_SIGNS = 320
"""Signs after which a piece ends, whatever is open: the parser's time goes by them."""
_OPEN = 32
"""Open brackets after which a piece ends: each one is looked for to the end of its piece."""

_POINT = re.compile(r"\\.|`+|\*+|_+|~~+|!?\[|\]\(?|\)|(?<=[^\s\\])[ \n](?=\S)", re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]*[^\s<>\"'`.,:;!?)\]*_~]")
_MARKED = re.compile(r"[\\`*_~\[<&]| \n|\n[ \t]")
"""What text without any mark does not have; the parser need not see such text."""
_MARKS = {"strong": 1, "em": 2, "s": 4}


def next_cut(text: str, start: int) -> tuple[int, int] | None:
    """Return where the piece that starts at `start` ends and where the next one starts.

    None when the text ends first. Between the two is one space or line feed, or nothing where
    the text has none for too long. What comes later plays no part, so a cut found in a growing
    text stays.
    """
    if len(text) - start <= PIECE:
        return None
    code = depth = signs = 0
    marks: set[str] = set()
    target = False
    for match in _POINT.finditer(text, start, start + UNBROKEN):
        sign, at = match.group(), match.start()
        if sign in {" ", "\n"}:
            length = at - start
            if length >= LONGEST or (length >= PIECE and not (code or depth or marks or target)):
                return at, at + 1
            continue
        signs += 1
        if signs > _SIGNS:
            return at, at
        if sign[0] == "`":
            code = len(sign) if not code else 0 if code == len(sign) else code
        elif code or sign[0] == "\\":
            continue
        elif sign[0] in "*_~":
            _toggle(marks, sign, text, at, start)
        elif sign == ")":
            target = False
        elif sign[0] == "]":
            target = target or (depth > 0 and sign == "](")
            depth = max(0, depth - 1)
        elif depth >= _OPEN:
            return at, at
        else:
            depth += 1
    end = start + UNBROKEN
    return (end, end) if len(text) > end else None


def _toggle(marks: set[str], sign: str, text: str, at: int, start: int) -> None:
    if sign in marks:
        marks.discard(sign)
        return
    following = text[at + len(sign) : at + len(sign) + 1]
    within = sign[0] == "_" and at > start and text[at - 1].isalnum()
    if following and not following.isspace() and not within:
        marks.add(sign)


def pieces(text: str) -> list[tuple[str, str]]:
    """Return the pieces of a text, each with the space or line feed that ends it, if any."""
    out: list[tuple[str, str]] = []
    start = 0
    while (cut := next_cut(text, start)) is not None:
        out.append((text[start : cut[0]], text[cut[0] : cut[1]]))
        start = cut[1]
    out.append((text[start:], ""))
    return out


class Inline:
    """Reads sentences into runs and remembers the latest, as a growing block repeats most of its text.

    Args:
        links: where the targets of links are kept; without it runs tell of none.
    """

    _KEPT = 256

    def __init__(self, links: Links | None = None) -> None:
        self._links = links
        self.read = 0
        """How many characters were parsed."""
        self._known: dict[tuple[str, int], Line] = {}

    def runs(self, text: str, base: int = Style.PLAIN, *, begun: bool = False) -> list[Run]:
        """Return the runs of one block's text, in `base` where no mark says otherwise.

        Args:
            text: all of it, or what is left of it.
            base: the style.
            begun: whether pieces of it were read before: spaces may be within it then.
        """
        out: list[Run] = []
        for piece, end in pieces(text.rstrip() if begun else text.strip()):
            out += self.piece(piece, base)
            if end:
                out.append((end, base))
        return joined(out)

    def piece(self, text: str, base: int = Style.PLAIN) -> Line:
        """Return the runs of one piece of a text, as `pieces` cuts it."""
        key = text, base
        runs = self._known.get(key)
        if runs is None:
            if len(self._known) >= self._KEPT:
                self._known.clear()
            runs = self._known[key] = tuple(self._parsed(text, base))
        return runs

    def _parsed(self, text: str, base: int) -> list[Run]:
        self.read += len(text)
        if _MARKED.search(text) is None:
            return joined(addresses(printable(text), base, self._links))
        md = parser()
        tokens: list[Token] = []
        md.inline.parse(text, md, {}, tokens)
        return joined((printable(part), style) for part, style in _styled(tokens, base, self._links))


def _styled(tokens: list[Token], base: int, known: Links | None) -> list[Run]:
    runs: list[Run] = []
    marks = dict.fromkeys(_MARKS, 0)
    links: list[tuple[int, Token]] = []
    for token in tokens:
        kind = token.type
        style = int(Style.LINK) if links else _marked(base, marks)
        if kind in {"softbreak", "hardbreak"}:
            runs.append(("\n", style))
        elif kind == "code_inline":
            runs.append((token.content, Style.LINK if links else Style.CODE))
        elif kind == "image":
            words = _plain(token.children or []) or "image"
            shown = [(words, int(Style.LINK)), *_target(token, "src", "", base)]
            # The words of an image that is a link lead where the link leads; its own address stays.
            runs += shown[: len(links)] + _leading(shown[len(links) :], _address(token, "src"), known)
        elif kind == "link_open":
            links.append((len(runs), token))
        elif kind == "link_close":
            begin, opening = links.pop()
            words = "".join(text for text, _ in runs[begin:])
            shown = runs[begin:] + _target(opening, "href", words, base)
            runs[begin:] = _leading(shown, _address(opening, "href"), known)
        elif token.nesting:
            if token.tag in marks:
                marks[token.tag] += token.nesting
        else:
            runs += [(token.content, style)] if links else addresses(token.content, style, known)
    return runs


def _leading(runs: list[Run], target: str, known: Links | None) -> list[Run]:
    """Return the runs of a link, of which parts may lead elsewhere already."""
    if known is None:
        return runs
    number = known.number(target)
    return [(text, style if link_of(style) else linked(style, number)) for text, style in runs]


def _marked(base: int, marks: dict[str, int]) -> int:
    if base != Style.PLAIN:
        return base
    return sum(bit for tag, bit in _MARKS.items() if marks[tag] > 0)


def addresses(text: str, style: int, known: Links | None) -> list[Run]:
    """Return plain text with the bare addresses in it marked as links."""
    if "://" not in text:
        return [(text, style)]
    runs: list[Run] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match.group()
        number = 0 if known is None else known.number(address)
        runs += [(text[end : match.start()], style), (address, linked(Style.LINK, number))]
        end = match.end()
    return [*runs, (text[end:], style)]


def _plain(tokens: list[Token]) -> str:
    return "".join(
        "\n" if token.type in {"softbreak", "hardbreak"} else token.content or _plain(token.children or [])
        for token in tokens
    )


def _target(token: Token, name: str, words: str, base: int) -> list[Run]:
    """Return what stands after the words of a link: where it leads, unless the words say so."""
    target = _address(token, name)
    title = _flat(str(token.attrs.get("title", "")))
    said = words in {target, unquote(target)} or f"mailto:{words}" == target
    shown = " ".join(part for part in ("" if said else f"{target}", f'"{title}"' if title else "") if part)
    return [(" ", base), (f"({shown})", Style.URL)] if shown else []


def _address(token: Token, name: str) -> str:
    return _flat(str(token.attrs.get(name, "")))


def _flat(text: str) -> str:
    return " ".join(printable(text).split())
