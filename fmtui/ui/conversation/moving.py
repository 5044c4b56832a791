"""Moving through the conversation by keys, wheel and scroll bar.

Apart from drawing, so that each can be read on its own: everything here turns an input into
one call of the view and one drawing.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from fmtui.ui.conversation.folding import FoldingView
from fmtui.ui.conversation.paint import MAX_TEXT, text_width
from fmtui.ui.conversation.rows import Rows

if TYPE_CHECKING:
    from textual.widget import Widget as _Base
else:
    # The conversation is made of a row of classes. One widget is all that there is in the end:
    # Textual goes through each class of a widget, which takes longer than to import it.
    _Base = object

WHEEL_LINES = 3
"""Lines that one notch of the mouse wheel moves."""


MOVING_KEYS: list[BindingType] = [
    Binding("up", "scroll_view('lines', -1)", "Line up", show=False),
    Binding("down", "scroll_view('lines', 1)", "Line down", show=False),
    Binding("pageup", "scroll_view('pages', -1)", "Page up", show=False),
    Binding("pagedown", "scroll_view('pages', 1)", "Page down", show=False),
    Binding("home", "scroll_view('start')", "Start", show=False),
    Binding("end", "scroll_view('end')", "End", show=False),
]


class Moving(_Base):
    """What a widget is that shows a `View` and moves it.

    Args:
        view: what is moved.
        id: the widget's id.
    """

    def __init__(self, view: FoldingView, id: str | None) -> None:  # noqa: A002 - the name that every widget of Textual uses
        super().__init__(id=id)
        self._view = view
        self._rows = Rows()
        self._grabbed: int | None = None
        self._laid_out = Size(0, 0)
        self._most = MAX_TEXT

    def limit_text(self, columns: int) -> None:
        """Let text have so many columns at most; 0 for all there are."""
        if columns != self._most:
            self._most = columns
            self._laid_out = Size(0, 0)
            self.refresh()

    def go_along(self, *, always: bool) -> None:
        """Follow replies to their end from now on, or only until they fill the screen."""
        self._view.goes_along = always

    def _text_width(self, width: int) -> int:
        return text_width(width, self._most or width)

    @abstractmethod
    def _draw(self) -> None:
        """Bring what is shown up to date."""

    @property
    def following(self) -> bool:
        """Whether the view sticks to the end."""
        return self._view.following

    @property
    def lines_below(self) -> int:
        """Lines that came at the end and have not been seen; 0 while it follows."""
        return self._view.lines_below

    def follow(self) -> None:
        """Go to the end and follow it."""
        self._view.follow()
        self._draw()

    def scroll_lines(self, count: int) -> None:
        """Move down by lines, up for a negative number."""
        self._view.scroll_lines(count)
        self._draw()

    def scroll_pages(self, count: int) -> None:
        """Move down by screens, up for a negative number."""
        self._view.scroll_pages(count)
        self._draw()

    def scroll_to_start(self) -> None:
        """Move to the first line of the first turn."""
        self._view.scroll_to_start()
        self._draw()

    def scroll_to_turn(self, count: int) -> None:
        """Put the start of the next turn (1) or of this or the previous one (-1) at the top."""
        self._view.scroll_turns(count)
        self._draw()

    def action_scroll_view(self, what: str, count: int = 0) -> None:
        """Scroll by a key: `lines` or `pages` by a count, to the `start` or the `end`."""
        match what:
            case "lines":
                self.scroll_lines(count)
            case "pages":
                self.scroll_pages(count)
            case "start":
                self.scroll_to_start()
            case _:
                self.follow()

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_lines(-WHEEL_LINES)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_lines(WHEEL_LINES)

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        first, size = self._rows.thumb
        if event.x != self.size.width - 1 or not size:
            return
        event.stop()
        inside = first <= event.y < first + size
        self._grabbed = event.y - first if inside else size // 2
        self.capture_mouse()
        if not inside:
            self._drag(event.y)

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        if self._grabbed is not None:
            event.stop()
            self._drag(event.y)

    async def _on_mouse_up(self, event: events.MouseUp) -> None:
        if self._grabbed is not None:
            event.stop()
            self.release_mouse()

    def _on_mouse_release(self) -> None:
        self._grabbed = None

    def _drag(self, y: int) -> None:
        size = self._rows.thumb[1]
        room = self.size.height - size
        if self._grabbed is not None and size and room > 0:
            self._view.scroll_to_part(min(1.0, max(0.0, (y - self._grabbed) / room)))
            self._draw()
