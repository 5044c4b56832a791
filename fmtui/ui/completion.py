"""A small list above the prompt with what the word at its cursor may become.

The prompt keeps the focus: Tab takes the row under the cursor, the arrows move it, Esc
closes the list, every other key is typed on. What is offered comes from sources, each a
function of the line before the cursor, asked anew with every letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key

from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line
from fmtui.ui.fitting import cells, fit
from fmtui.ui.prompt import Prompt
from fmtui.ui.prompt_folding import CLOSING
from fmtui.ui.rest import Rest
from fmtui.ui.rows import Row, RowList

WAIT_S = 0.3
"""Seconds of looking for what to offer until that is said; Tab has it said at once."""
MOST_ROWS = 8
"""Rows that the list shows at once; it scrolls."""
_LEAST_ROWS = 3
_WIDEST_NAME = 28
"""Cells of what is offered, beside which there is room for words about it."""


class Candidate(NamedTuple):
    """One thing that a word may become."""

    insert: str
    """What comes in the place of the word, a blank behind it where more is to be typed."""
    shown: str
    """How the list names it. Anyone's text."""
    about: str = ""
    """A few words about it. Anyone's text."""
    matches: tuple[int, ...] = ()
    """Positions in `shown` to emphasise."""


class Offer(NamedTuple):
    """What one source offers."""

    start: int
    """The column at which the word begins that is replaced."""
    candidates: Sequence[Candidate]
    note: str = ""
    """A few words for the edge of the list."""
    chosen: Callable[[Candidate, str, int], None] | None = None
    """Is told which candidate was taken, with the line before the cursor then and its number.
    Where there is one, Enter takes a candidate too, unless the word is one already."""
    coming: bool = False
    """Whether the candidates are being looked for, so that there are none yet."""


class _OwnBlank(NamedTuple):
    """A blank that completing a word put behind it."""

    row: int
    word: str
    """What was put, the blank included; a label may have come in its place by now."""
    after: str
    """The rest of the line."""
    is_name: bool
    """Whether the word may be part of a sentence."""

    def is_before(self, row: int, before: str, after: str) -> bool:
        """Return whether it is right before the cursor."""
        there = before.endswith((self.word, "⟧ ")) if self.is_name else before.endswith(self.word)
        return there and (row, after) == (self.row, self.after)


Source = Callable[[str, int], "Offer | None"]
"""Line before the cursor, number of the line -> what may be offered there; None for nothing.

It is asked with every letter, so it waits for nothing: one that must look at the disk answers
with what it knows, and has `Completing.look` called when it knows more.
"""


class CompletionList(Vertical):
    """The list, over the lower end of the conversation."""

    DEFAULT_CSS = """
    CompletionList {
        layer: overlay;
        dock: bottom;
        width: 92;
        max-width: 100%;
        height: auto;
        background: $surface;
        border: round $primary;
        border-subtitle-color: $text-muted;
        display: none;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows = RowList(always_active=True, empty="looking for what fits…")
        self.rows.can_focus = False
        self._names = 1

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield self.rows

    def show(self, offer: Offer, above: int, left: int) -> None:
        """Show what is offered.

        Args:
            offer: it has at least one candidate.
            above: rows of the screen from the first row of the prompt on.
            left: columns of the screen before the prompt.
        """
        names = min(_WIDEST_NAME, max(cells(each.shown) for each in offer.candidates))
        self._names = len(offer.candidates)
        self.rows.set_layout(lambda room: lambda row: _column(row.cells[0], room - names - 2))
        self.rows.set_rows(
            [
                Row(str(index), each.shown, matches=each.matches, cells=(each.about,))
                for index, each in enumerate(offer.candidates)
            ],
            "",
        )
        self.put(above, left)
        words = "Tab completes · Esc closes"
        self.border_subtitle = Content(f"{offer.note} · {words}" if offer.note else words)
        self.display = True

    def put(self, above: int, left: int) -> None:
        """Go to another place; the arguments are as for `show`."""
        room = max(_LEAST_ROWS, self.screen.size.height - above - 4)
        self.rows.styles.height = min(MOST_ROWS, room, self._names)
        self.styles.margin = (0, 0, above, left)

    def wait(self, above: int, left: int) -> None:
        """Say that there will be something to offer; the arguments are as for `show`."""
        self.rows.set_rows([])
        self._names = 1
        self.put(above, left)
        self.border_subtitle = Content("Tab takes the first · Esc closes")
        self.display = True


def _column(text: str, width: int) -> str:
    shown = fit(one_line(text, 200), max(0, width))
    return shown + " " * max(0, width - cells(shown))


class Completing:
    """Offers what the word at the cursor of a prompt may become.

    Args:
        prompt: it has the focus, and gives its keys here first.
        mount: puts the list on the screen.
        sources: asked in their order; the first that has something to offer is listened to.
    """

    def __init__(
        self, prompt: Prompt, mount: Callable[[CompletionList], object], sources: Sequence[Source]
    ) -> None:
        self._prompt = prompt
        self._sources = tuple(sources)
        self._list = CompletionList()
        self._mount = mount
        self._own_blank: _OwnBlank | None = None
        """What was completed with the last key."""
        self._offer: Offer | None = None
        self._rest = Rest(prompt, self._draw)
        self.rows_below: Callable[[], int] = lambda: 0
        """Returns how many rows above the prompt the list must leave to be read."""
        self._asked: tuple[str, int] | None = None
        self._closed: tuple[int, int] | None = None
        """Line and column of the word for which the list was closed; it stays closed for that word."""
        self._coming: int | None = None
        """The column of the word for which what may be offered is being looked for; None for none."""
        self._told = False
        """Whether the list says so."""
        self._take_when_here: tuple[str, int] | None = None
        """Line before the cursor and its number when Tab was pressed for what was coming still."""
        prompt.completing = self

    @property
    def is_open(self) -> bool:
        """Whether there is a list."""
        return self._offer is not None

    @property
    def is_waiting(self) -> bool:
        """Whether it is said that there will be a list."""
        return self._told

    def look(self) -> None:
        """Offer what fits the text as it is now; called when the text has changed, or a source knows more."""
        prompt = self._prompt
        row, column = prompt.cursor_location
        before = prompt.document.get_line(row)[:column]
        self._asked = before, row
        found = coming = None
        if prompt.selection.is_empty:
            offers = (source(before, row) for source in self._sources)
            told = (offer for offer in offers if offer is not None and (offer.candidates or offer.coming))
            found = next(told, None)
        word = None if found is None else (row, found.start)
        if word != self._closed:
            self._closed = None
        else:
            found = None
        if found is not None and found.coming:
            coming, found = found.start, None
        self._show(found)
        self._look_forward(coming)
        if self._take_when_here is not None and coming is None:
            wanted, self._take_when_here = self._take_when_here, None
            if wanted == self._asked:
                self._take()

    def _show(self, offer: Offer | None) -> None:
        before, self._offer = self._offer, offer
        if offer is None:
            self._rest.drop()
            if before is not None:
                self._list.display = False
        elif offer != before:
            self._rest.due()

    def _draw(self) -> None:
        if self._offer is not None:
            self._list.show(self._offer, *self._place())

    def _move(self, _screen: object) -> None:
        """Go along with the prompt and the rows above it."""
        if self._list.display:
            self._list.put(*self._place())

    def _place(self) -> tuple[int, int]:
        """Return how many rows are below the list and how many columns before it; it is there then."""
        if not self._list.is_attached:
            self._mount(self._list)
            self._prompt.screen.screen_layout_refresh_signal.subscribe(
                self._prompt, self._move, immediate=True
            )
        region, screen = self._prompt.region, self._prompt.screen
        return screen.size.height - region.y + self.rows_below(), region.x

    def _look_forward(self, coming: int | None) -> None:
        """Take note that there will be something to offer for a word; say so if it takes long."""
        if coming == self._coming:
            return
        if self._told and self._offer is None:
            self._list.display = False
        self._coming, self._told = coming, False
        if coming is not None:
            self._prompt.set_timer(WAIT_S, self._tell)

    def _tell(self) -> None:
        """Say that what may be offered is being looked for, if it still is."""
        if self._coming is not None and not self._told:
            self._told = True
            self._list.wait(*self._place())

    def close(self) -> None:
        """Take the list away, until another word is begun."""
        start = self._coming if self._offer is None else self._offer.start
        if start is not None:
            self._closed = self._prompt.cursor_location[0], start
        self._take_when_here = None
        self._show(None)
        self._look_forward(None)

    def takes(self, event: Key) -> bool:
        """Do what a key of the prompt means while there is a list; return whether it means anything here."""
        if self._own_blank is not None and (taken := self._behind_own_blank(event)) is not None:
            return taken
        row, column = self._prompt.cursor_location
        before = self._prompt.document.get_line(row)[:column]
        if (before, row) != self._asked:
            self.look()  # of keys that come in one go the first have not been told yet
        if self._offer is None:
            # Who knows the name does not wait for the list: Tab must not go to another part then.
            if self._coming is None:
                return False
            if event.key == "tab":
                self._take_when_here = self._asked
                self._tell()
            elif event.key == "escape" and self._told:
                self.close()
            else:
                return False
            return True
        if event.key in {"tab", "enter", "up", "down"}:
            self._rest.now()
        rows = self._list.rows
        match event.key:
            case "tab":
                self._take()
            case "enter" if self._enter_takes(before):
                self._take()
            case "escape":
                self.close()
            case "up" | "down":
                step, here = (-1 if event.key == "up" else 1), rows.current
                count = len(rows.rows)
                rows.move_to(((int(here.id) if here is not None else 0) + step) % count)
            case _:
                return False
        return True

    def _behind_own_blank(self, event: Key) -> bool | None:
        """Type behind a word that was just completed, as if its blank had been waited for.

        Returns whether the key has had its effect; None where it is like all others.
        """
        own, self._own_blank = self._own_blank, None
        prompt, (row, column) = self._prompt, self._prompt.cursor_location
        line = prompt.document.get_line(row)
        if (
            own is None
            or not own.is_before(row, line[:column], line[column:])
            or not prompt.selection.is_empty
        ):
            return None
        if event.character == " ":
            return True
        if own.is_name and event.character and event.character in CLOSING:
            prompt.delete((row, column - 1), (row, column), maintain_selection_offset=False)
            return False
        return None

    def _enter_takes(self, before: str) -> bool:
        offer, here = self._offer, self._list.rows.current
        if offer is None or offer.chosen is None or here is None:
            return False
        return before[offer.start :] != offer.candidates[int(here.id)].insert.removesuffix(" ")

    def _take(self) -> None:
        """Put the candidate under the cursor in the place of the word."""
        self._rest.now()
        offer, here = self._offer, self._list.rows.current
        if offer is None or here is None:
            return
        row, column = self._prompt.cursor_location
        text = offer.candidates[int(here.id)].insert
        line = self._prompt.document.get_line(row)
        if text.endswith(" ") and line[column : column + 1] == " ":
            text = text[:-1]
        with self._prompt.apart():
            self._prompt.replace(text, (row, offer.start), (row, column), maintain_selection_offset=False)
        if text.endswith(" "):
            self._own_blank = _OwnBlank(row, text, line[column:], offer.chosen is not None)
        if offer.chosen is not None:
            row, column = self._prompt.cursor_location
            before = self._prompt.document.get_line(row)[:column]
            offer.chosen(offer.candidates[int(here.id)], before, row)
        self.look()
