"""The panel that says which keys may follow a leader: in columns, by groups, on pages where it must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual.content import Content
from textual.geometry import Region, Size
from textual.widget import Widget

from fmtui.core.record import NamedTuple
from fmtui.ui.command import Command, key_label
from fmtui.ui.fitting import cells, fit
from fmtui.ui.looks import look

_GAP = 2
"""Blanks between two columns; one where that saves a page."""
_WIDEST = 22
"""Cells of a column at most."""
_NARROWEST = 18
"""Cells of a column at most where that saves a page."""
_FRAME = 2
"""Rows and columns of the frame."""
_HIGHEST = 16
"""Rows of a page at most: more are not found quicker than more columns."""


class Entry(NamedTuple):
    """One line: a key and what it does, or the name of the group that begins here."""

    key: str
    title: str


class Page(NamedTuple):
    """What is seen at once."""

    columns: Sequence[Sequence[Entry]]
    width: int
    """Cells of each column."""
    gap: int
    """Blanks between two of them."""


def entries(follows: Mapping[str, Command]) -> list[Entry]:
    """Return the lines for the keys that may follow, each group behind its name."""
    groups: dict[str, list[Entry]] = {}
    for key, command in follows.items():
        kind = command.group.lower().removesuffix("s")  # which the name of the group says already
        title = command.title.removesuffix(f" {kind}")
        groups.setdefault(command.group, []).append(Entry(key_label(key), title))
    return [line for group, lines in groups.items() for line in (Entry("", group), *lines)]


def pages(lines: Sequence[Entry], width: int, height: int) -> list[Page]:
    """Return the lines in columns, on as few pages as there is room for, each as low as it can be.

    Args:
        lines: as `entries` gives them.
        width: cells in all.
        height: rows at most.
    """
    width, height = max(1, width), max(2, min(height, _HIGHEST))
    keys = max((cells(line.key) for line in lines), default=1)
    widest = min(_WIDEST, max((keys + 1 + cells(line.title) for line in lines if line.key), default=1))
    column, gap = min(widest, width), _GAP
    if len(_columns(lines, height)) > _room(column, gap, width):
        column, gap = min(column, _NARROWEST), 1
    count = _room(column, gap, width)
    # The same number of pages with as few rows as that needs.
    most = -(-len(_columns(lines, height)) // count)
    rows = next(rows for rows in range(2, height + 1) if -(-len(_columns(lines, rows)) // count) <= most)
    columns = _columns(lines, rows)
    return [Page(columns[at : at + count], column, gap) for at in range(0, len(columns), count)]


def _room(column: int, gap: int, width: int) -> int:
    """Return how many columns there is room for."""
    return max(1, (width + gap) // (column + gap))


def _columns(lines: Sequence[Entry], rows: int) -> list[list[Entry]]:
    """Return the lines in columns of so many rows; no name of a group ends one."""
    columns: list[list[Entry]] = [[]]
    for at, line in enumerate(lines):
        room = rows - len(columns[-1])
        if not room or (not line.key and room == 1 and at + 1 < len(lines)):
            columns.append([])
        columns[-1].append(line)
    return columns


class ChordPanel(Widget):
    """What may follow a leader, over the lower end of the conversation."""

    DEFAULT_CSS = """
    ChordPanel {
        layer: overlay;
        dock: bottom;
        height: auto;
        padding: 0 1;
        background: $surface;
        border: round $primary;
        border-title-color: $text;
        border-subtitle-color: $text-muted;
    }
    """

    def __init__(self, leader: str, follows: Mapping[str, Command], prompt: Callable[[], Region]) -> None:
        """Make the panel.

        Args:
            leader: the key that was pressed.
            follows: key -> what it does behind the leader.
            prompt: tells where the prompt is, above which the panel stands, as wide as that.
        """
        super().__init__()
        self._prompt = prompt
        self._above: tuple[Region, Size] | None = None
        self._lines = entries(follows)
        self._pages: list[Page] = []
        self._at = 0
        self.border_title = Content(f"{key_label(leader)} …")

    def on_mount(self) -> None:
        """Stand above the prompt, and stay there when it moves."""
        self._place()
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._place())

    def _place(self) -> None:
        region, size = above = self._prompt(), self.screen.size
        if above == self._above:
            return
        self._above = above
        self._pages = pages(self._lines, region.width - _FRAME - 2, region.y - _FRAME)
        self._at = min(self._at, len(self._pages) - 1)
        self.styles.margin = (0, 0, size.height - region.y, region.x)
        self.styles.width = region.width
        self._say()

    def turn(self, count: int) -> None:
        """Show another page."""
        self._at = max(0, min(self._at + count, len(self._pages) - 1))
        self._say()

    def _say(self) -> None:
        at, of = self._at + 1, len(self._pages)
        other = f"{'PgDn more' if at < of else 'PgUp back'} ({at}/{of}) · " if of > 1 else ""
        self.border_subtitle = Content(f"{other}Esc ends")
        self.refresh(layout=True)

    def render(self) -> Content:
        """Return the page; nothing before its place is known, which may have to be laid out to be told."""
        if not self._pages:
            return Content()
        page = self._pages[self._at]
        group, key = look(self.app, "bold $text-primary"), look(self.app, "bold $text-accent")
        keys = max(cells(line.key) for line in self._lines)
        rows: list[Content] = []
        for at in range(max(map(len, page.columns))):
            row: list[Content | str | tuple[str, object]] = []
            for column in page.columns:
                line = column[at] if at < len(column) else Entry("", "")
                room = page.width if not line.key else page.width - keys - 1
                title = fit(line.title, room)
                blank = " " * (room - cells(title) + page.gap)
                if line.key:
                    row += [(f"{line.key}{' ' * (keys - cells(line.key))} ", key), title, blank]
                else:
                    row += [(title, group), blank]
            rows.append(Content.assemble(*row).rstrip())  # type: ignore[arg-type]
        return Content("\n").join(rows)
