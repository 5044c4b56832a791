"""How a cell of the terminal looks, and the shortest way from one look to another.

A `Look` is made once for each combination of attributes, colours and link, so looks are
compared by identity. It also makes the cells that have it, each once, so equal cells are
nearly always the same object.
"""

from __future__ import annotations

from typing import TypeAlias

from rich.color import Color, ColorSystem
from rich.style import Style

_ATTRIBUTES = (
    *(("bold", "1"), ("dim", "2"), ("italic", "3"), ("underline", "4"), ("blink", "5"), ("blink2", "6")),
    *(("reverse", "7"), ("conceal", "8"), ("strike", "9"), ("underline2", "21"), ("frame", "51")),
    *(("encircle", "52"), ("overline", "53")),
)
"""Rich's names of the attributes, and the code that switches each on."""
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "6": "25", "7": "27", "8": "28"}
_OFF |= {"9": "29", "51": "54", "52": "54", "53": "55"}
_ON_BLANKS = frozenset(("3", "4", "7", "9", "21", "51", "52", "53"))
"""Attributes that are seen where there is no character; italics are, where they are shown reversed."""
_MANY = 4096
"""Entries after which a cache begins anew."""


class _Cells(dict[str, "Cell"]):
    """The cells of one look, by their text; made when first asked for."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def __missing__(self, text: str) -> Cell:
        if len(self) > _MANY:
            self.clear()
        look = self._look
        cell = look.blank.cells[" "] if text == " " and look.blank is not look else (text, look)
        self[text] = cell
        return cell


class Look:
    """Attributes, colours and link of a cell; compared by identity."""

    __slots__ = ("attributes", "back", "blank", "cells", "fore", "link", "plain", "unsure")

    def __init__(
        self,
        attributes: tuple[str, ...],
        fore: str,
        back: str,
        link: str,
        blank: Look | None,
        *,
        unsure: bool = False,
    ) -> None:
        self.attributes = attributes
        """Codes of what is switched on."""
        self.fore = fore
        """Code of the foreground colour; empty for the terminal's own."""
        self.back = back
        self.link = link
        """Parameters and target of a hyperlink; empty for none."""
        self.plain = not link and _ON_BLANKS.isdisjoint(attributes)
        """Whether a blank with this look shows its background and nothing else."""
        self.blank = blank or self
        """The look that a blank of this look really has: of what cannot be seen there, nothing."""
        self.unsure = unsure
        """Whether terminals may disagree about how wide the text of its cells is."""
        self.cells = _Cells(self)


Cell: TypeAlias = tuple[str, Look]
"""What one column shows: a character with what combines with it, or an empty text behind a wide one."""


class Looks:
    """Every look there is, by what it is made of.

    Args:
        system: the colours that there are.
        afresh: whether each look has to be set from nothing. On the Linux console bright colours are
            bold ones: who takes the one away takes the other, too, and another colour stays bright.
    """

    def __init__(self, system: ColorSystem = ColorSystem.TRUECOLOR, *, afresh: bool = False) -> None:
        self._system = system
        self.afresh = afresh
        """Whether each look has to be set from nothing."""
        self._by_parts: dict[tuple[tuple[str, ...], str, str, str, bool], Look] = {}
        self._by_style: dict[Style, Look] = {}
        self._changes: dict[tuple[Look | None, Look], str] = {}
        self.default = self.made((), "", "")
        self.any_unsure = False
        """Whether there was ever a cell of which the width is not sure."""

    def made(
        self, attributes: tuple[str, ...], fore: str, back: str, link: str = "", *, unsure: bool = False
    ) -> Look:
        """Return the look with these attributes, colours and link."""
        parts = (attributes, fore, back, link, unsure)
        look = self._by_parts.get(parts)
        if look is None:
            blank = None
            if unsure:
                self.any_unsure = True
            elif not link and _ON_BLANKS.isdisjoint(attributes) and (attributes or fore):
                blank = self.made((), "", back)
            look = self._by_parts[parts] = Look(attributes, fore, back, link, blank, unsure=unsure)
        return look

    def unsure(self, look: Look) -> Look:
        """Return the same look for text of which the width is not sure."""
        return self.made(look.attributes, look.fore, look.back, look.link, unsure=True)

    def of(self, style: Style | None) -> Look:
        """Return the look of a style."""
        if style is None:
            return self.default
        look = self._by_style.get(style)
        if look is None:
            if len(self._by_style) > _MANY:
                self._by_style.clear()
            on = tuple(code for name, code in _ATTRIBUTES if getattr(style, name))
            link = f"id={style.link_id};{style.link}" if style.link else ""
            look = self.made(on, self._colour(style.color), self._colour(style.bgcolor, fore=False), link)
            self._by_style[style] = look
        return look

    def _colour(self, colour: Color | None, *, fore: bool = True) -> str:
        if colour is None or colour.is_default:
            return ""
        return ";".join(colour.downgrade(self._system).get_ansi_codes(foreground=fore))

    def swapped(self, old: Look, new: Look, *, for_blanks: bool) -> bool:
        """Return whether one look with its colours swapped is another, as of text below a block cursor.

        Args:
            old: the look that is set.
            new: the one that is wanted.
            for_blanks: whether nothing but its background will be seen.
        """
        if not old.fore or not new.back or self.afresh or old.attributes or new.attributes:
            return False
        if old.link or new.link or behind(old.fore) != new.back:
            return False
        return for_blanks or bool(new.fore and behind(new.fore) == old.back)

    def change(self, old: Look | None, new: Look) -> str:
        """Return the shortest sequence that turns one look into the other; None is not known."""
        if old is new:
            return ""
        change = self._changes.get((old, new))
        if change is None:
            if len(self._changes) > _MANY:
                self._changes.clear()
            change = self._changes[old, new] = _change(old, new, afresh=self.afresh)
        return change


def behind(fore: str) -> str:
    """Return the code that makes a background of a colour, from the one that makes a foreground of it."""
    return f"10{fore[1:]}" if fore[0] == "9" else f"4{fore[1:]}"


def _change(old: Look | None, new: Look, *, afresh: bool) -> str:
    anew = f"\x1b[{';'.join(part for part in ('0', *new.attributes, new.fore, new.back) if part)}m"
    anew = "\x1b[m" if anew == "\x1b[0m" else anew
    if old is None:
        return f"\x1b]8;{new.link or ';'}\x1b\\{anew}" if new.link else anew
    off = [_OFF[code] for code in old.attributes if code not in new.attributes]
    # One code may end two attributes, of which one is to stay: that is switched on again.
    on = [code for code in new.attributes if code not in old.attributes or _OFF[code] in off]
    codes = [*dict.fromkeys(off), *on]
    if old.fore != new.fore:
        codes.append(new.fore or "39")
    if old.back != new.back:
        codes.append(new.back or "49")
    step = f"\x1b[{';'.join(codes)}m" if codes else ""
    link = f"\x1b]8;{new.link or ';'}\x1b\\" if old.link != new.link else ""
    return link + (anew if afresh or len(anew) < len(step) else step)
