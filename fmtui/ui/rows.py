"""A list of one-line rows that costs the same with ten rows and with ten thousand.

Textual's OptionList lays out every option to know its height; here every row is one
line, so only the rows on the screen are ever made into text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.binding import Binding
from textual.cache import LRUCache
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line
from fmtui.ui.fitting import cells, fit, fit_middle
from fmtui.ui.looks import MUTED, look

if TYPE_CHECKING:
    from textual.widget import Widget as _Base
else:  # a part of a widget, which is no widget itself
    _Base = object

RUNNING = "●"
"""Marks a session in which a reply runs; the word stands beside it."""
UNSEEN = "◆"
"""Marks a session with an answer that came while another was shown."""
ELSEWHERE = "□"
"""Marks a session that another window has open."""
UNSENT = "unsent"
"""Said of a session with a prompt that was typed and not sent."""
PINNED = "★"
SHOWN = "▸"

_CURSOR = "$block-cursor-{0}text-style $block-cursor-{0}foreground on $block-cursor-{0}background"
_ACTIVE, _WAITING = _CURSOR.format(""), _CURSOR.format("blurred-")
_MARK, _MATCH = "$text-accent", "bold $text-accent"


class Row(NamedTuple):
    """One line of a list. The texts may be anyone's: they are made printable when drawn."""

    id: str
    """What the list reports; unique within it."""
    text: str
    detail: str = ""
    """Stands at the right edge, dimmed; gives way when the text needs the room."""
    mark: str = ""
    """One cell before the text."""
    dim: bool = False
    """Whether it is of little use now."""
    matches: tuple[int, ...] = ()
    """Positions in `text` to emphasise."""
    middle: bool = False
    """Whether a text that is too long loses its middle rather than its end."""
    cells: tuple[str, ...] = ()
    """What stands in columns, for the `Layout` of a list; instead of `detail`."""


Layout = Callable[[int], Callable[[Row], str]]
"""Cells that a row has beside its mark -> what stands at the right edge, as wide for each row."""


class SessionRow(NamedTuple):
    """One session as a list shows it."""

    id: str
    title: str
    detail: str
    """A short date."""
    running: bool = False
    unseen: bool = False
    """Whether an answer came while another session was shown."""
    owner: str = ""
    """Who has it open, when that is another window."""
    pinned: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    model: str = ""
    turns: int | None = None
    """How many it has; None when only more reading would tell."""
    draft: bool = False
    """Whether it has an unsent prompt."""

    @property
    def state(self) -> tuple[str, str]:
        """Return a sign and a word for what is to be known of it first; empty for nothing."""
        if self.running:
            return RUNNING, "running"
        if self.unseen:
            return UNSEEN, "new reply"
        if self.owner:
            return ELSEWHERE, "read-only"
        return "", "archived" if self.archived else UNSENT if self.draft else ""

    def row(self, current: str = "") -> Row:
        """Return it as a line of a narrow list.

        Args:
            current: id of the session that is shown.
        """
        sign, word = self.state
        sign, word = (sign, word.partition(" ")[0]) if self.running or self.unseen else ("", "")
        mark = sign or (SHOWN if self.id == current else "")
        title = f"{PINNED} {self.title}" if self.pinned else self.title
        unsent = self.draft and self.id != current  # of the one that is shown it stands in the prompt
        return Row(self.id, title, word if sign else UNSENT if unsent else self.detail, mark)


class Even(_Base):
    """What a widget is of which nothing can be seen but its background and its sides.

    All its rows are alike: one is drawn for all of them.
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return some of the rows."""
        return super().render_lines(Region(crop.x, crop.y, crop.width, 1)) * crop.height


def _ids(rows: Sequence[Row]) -> Iterator[str]:
    ids = getattr(rows, "ids", None)  # of rows that are made only when they are looked at
    known: Iterator[str] = ids() if ids is not None else (row.id for row in rows)
    return known


class RowList(ScrollView, can_focus=True):
    """A scrolling list with a cursor."""

    BINDINGS = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    DEFAULT_CSS = """
    RowList {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """

    class Chosen(Message):
        """The user chose a row."""

        def __init__(self, rows: RowList, row: Row) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> RowList:
            """The list."""
            return self.rows

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(
        self,
        *,
        empty: str = "",
        always_active: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Make an empty list.

        Args:
            empty: what it says while it has no rows.
            always_active: draw the cursor as if focused: the field beside it steers the list.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._cursor = 0
        self._empty = empty
        self._always_active = always_active
        self._layout: Layout | None = None
        self._columns: Callable[[Row], str] | None = None
        self._strips: LRUCache[tuple[int, bool, bool], Strip] = LRUCache(256)
        self._blank: Strip | None = None

    @property
    def rows(self) -> Sequence[Row]:
        """The rows."""
        return self._rows

    @property
    def current(self) -> Row | None:
        """The row under the cursor; None in an empty list."""
        return self._rows[self._cursor] if self._rows else None

    def set_rows(self, rows: Sequence[Row], cursor: str | None = None) -> None:
        """Show other rows.

        Args:
            rows: they must not change afterwards.
            cursor: id of the row to put the cursor on, the first where there is none of that id; by
                default it stays with the row it is on and where that is on the screen, or in
                its place when that row is gone.
        """
        kept, place = self.current if cursor is None else None, self._cursor
        wanted = kept.id if kept is not None else cursor
        instead = min(place, max(0, len(rows) - 1)) if kept is not None else 0
        self._rows = rows
        self._cursor = (
            next((index for index, known in enumerate(_ids(rows)) if known == wanted), instead)
            if wanted
            else 0
        )
        self._forget()
        self.virtual_size = Size(0, len(rows))
        self.refresh()
        if kept is not None and self._cursor != place:
            # Rows that came above it push it nowhere.
            top = self.scroll_offset.y + self._cursor - place
            self.scroll_to(y=top, animate=False, force=True, immediate=True)
        self._show_cursor()

    def set_layout(self, layout: Layout) -> None:
        """Show the cells of rows in columns."""
        self._layout = layout
        self._forget()
        self.refresh()

    def _forget(self) -> None:
        self._strips.clear()
        self._columns = None

    def set_empty(self, text: str) -> None:
        """Change what an empty list says."""
        self._empty = text
        self.refresh()

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, or on the nearest there is."""
        index = max(0, min(index, len(self._rows) - 1))
        if index != self._cursor:
            self.refresh_line(self._cursor)
            self._cursor = index
            self.refresh_line(index)
            self.post_message(self.Moved())
        self._show_cursor()

    def action_move(self, by: int) -> None:
        """Move the cursor; at either end of the list the key is left to whoever holds the list.

        Raises:
            SkipAction: there is no row there.
        """
        if not 0 <= self._cursor + by < len(self._rows):
            raise SkipAction
        self.move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by what can be seen."""
        self.move_to(self._cursor + by * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.move_to(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.move_to(len(self._rows) - 1)

    def action_choose(self) -> None:
        """Report the row under the cursor."""
        if (row := self.current) is not None:
            self.post_message(self.Chosen(self, row))

    def on_click(self, event: Click) -> None:
        """Choose the row that was clicked."""
        index = event.y + self.scroll_offset.y
        if event.y >= 0 and index < len(self._rows):
            event.stop()
            self.move_to(index)
            self.action_choose()

    def on_focus(self) -> None:
        """Draw the cursor as the one that keys move."""
        self.refresh_line(self._cursor)

    def on_blur(self) -> None:
        """Draw the cursor as one that waits."""
        self.refresh_line(self._cursor)

    def on_resize(self, _: Resize) -> None:
        """Forget what fitted the old width."""
        self._forget()
        self._blank = None
        self._show_cursor()

    def notify_style_update(self) -> None:
        """Forget what had the old colours."""
        self._strips.clear()
        self._blank = None
        super().notify_style_update()

    def _show_cursor(self) -> None:
        if self.size.height and self._rows:
            self.scroll_to_region(Region(0, self._cursor, 1, 1), animate=False, force=True, x_axis=False)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return some lines; those below the last row are all alike, and drawn once."""
        end = max(1, len(self._rows)) - self.scroll_offset.y
        count = min(max(1, end + 1 - crop.y), crop.height)
        strips = super().render_lines(Region(crop.x, crop.y, crop.width, count))
        return strips + strips[-1:] * (crop.height - count)

    def render_line(self, y: int) -> Strip:
        """Return one line as it is drawn."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            if self._rows or y:
                return self._blank_of(width)
            text = fit(self._empty, width - 2)
            style = self._look(MUTED)
            return Strip([Segment(" " + text, style)]).extend_cell_length(width, self.rich_style)
        active = self.has_focus or self._always_active
        key = index, index == self._cursor, active
        strip = self._strips.get(key)
        if strip is None:
            cursor = (_ACTIVE if active else _WAITING) if key[1] else ""
            strip = self._strips[key] = self._drawn(self._rows[index], width, cursor)
        return strip

    def _look(self, text: str) -> Style:
        return (self.visual_style + look(self.app, text)).rich_style

    def _blank_of(self, width: int) -> Strip:
        """Return the line below the last row."""
        if self._blank is None:
            self._blank = Strip.blank(width, self.rich_style)
        return self._blank

    def _drawn(self, row: Row, width: int, cursor: str) -> Strip:
        """Return a row: mark, text, blanks, detail or columns; a detail leaves at least half to the text."""
        room = max(1, width - 2 - max(1, cells(row.mark)))
        text = one_line(row.text, 400)
        if self._layout is not None:
            self._columns = self._columns or self._layout(room)
            detail = self._columns(row)
        else:
            detail = one_line(row.detail, 200)
            detail = fit(detail, max(room // 3, room - cells(text) - 2)) if detail else ""
        right = cells(detail)
        left_room = room - (right + 2 if right else 0)
        shown = fit_middle(text, left_room) if row.middle else fit(text, left_room)
        matches = row.matches if shown == row.text else ()
        gap = max(0, room - cells(shown) - right)
        if cursor:
            style = self._look(cursor)
            whole = f"{row.mark or ' '} {shown}{' ' * gap}{detail} "
            return Strip([Segment(whole, style)]).adjust_cell_length(width, style)
        base = self.rich_style
        muted = self._look(MUTED)
        mark = self._look(_MARK)
        match = self._look(_MATCH)
        plain = muted if row.dim else base
        segments = [Segment(f"{row.mark or ' '} ", mark)]
        if matches:
            bold = set(matches)
            segments += [Segment(letter, match if at in bold else plain) for at, letter in enumerate(shown)]
        else:
            segments.append(Segment(shown, plain))
        segments += [Segment(" " * gap, base), Segment(f"{detail} ", muted)]
        return Strip(segments).simplify().adjust_cell_length(width, base)
