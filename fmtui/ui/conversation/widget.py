"""The conversation on the screen: one widget for all of it, no child for a turn.

It answers `render_lines` itself, so a turn costs nothing until its lines are on the screen.
Streaming only marks it dirty; one timer draws, at most once a frame, and only rows whose
line changed are painted again. When nothing happens, nothing runs: no timer, no animation.
Borders and paddings by CSS are not provided for: the widget draws its own margins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style as RichStyle
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from fmtui.core.chat import Event, Turn
from fmtui.ui.conversation import messages
from fmtui.ui.conversation.browsing import BROWSING_KEYS
from fmtui.ui.conversation.colours import ANSI_MARKS, CSS, MARKS, THUMB, THUMB_FOCUSED
from fmtui.ui.conversation.folding import FoldingView
from fmtui.ui.conversation.folds import Folds
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.loading import folding, warm
from fmtui.ui.conversation.moving import MOVING_KEYS
from fmtui.ui.conversation.paint import Painter
from fmtui.ui.conversation.path import Siblings
from fmtui.ui.conversation.placeholder import placeholder
from fmtui.ui.conversation.places import Unseen, start_of
from fmtui.ui.conversation.turning import Turning
from fmtui.ui.looks import look
from fmtui.ui.pace import Pace
from fmtui.ui.painting import Paint, run_framed


class Conversation(Turning, Widget, can_focus=True):
    """Shows one path of turns, the replies that are coming included.

    Every method is called from the event loop that runs the app. Methods take effect at
    once; what they change is drawn with the next frame.

    Args:
        pace: says how soon the next frame may be drawn; thirty a second when left out.
        empty: what an empty conversation says, line by line.
        id: the widget's id.
    """

    FOCUS_ON_CLICK = False  # a click must not take the keys away from the prompt
    ALLOW_SELECT = False  # the framework's selection knows widgets that render themselves as text only
    BINDINGS: ClassVar[list[BindingType]] = [*MOVING_KEYS, *BROWSING_KEYS]
    DEFAULT_CSS = CSS

    Chunk = messages.Chunk
    Ended = messages.Ended

    class FollowChanged(Message):
        """Posted by the conversation, at most once a frame."""

        def __init__(self, unseen: Unseen, *, following: bool) -> None:
            super().__init__()
            self.following = following
            """Whether the view sticks to the end."""
            self.unseen = unseen
            """The lines that came at the end and have not been seen; none while it follows."""

        def can_replace(self, message: Message) -> bool:
            """Return whether this state makes the one in `message` pointless."""
            return isinstance(message, Conversation.FollowChanged)

    def __init__(
        self,
        *,
        pace: Pace | None = None,
        empty: Sequence[str] = (),
        id: str | None = None,  # noqa: A002 - the name that every widget of Textual uses
    ) -> None:
        links, folds, siblings = Links(), Folds(), Siblings()
        super().__init__(FoldingView(*folding(links, folds, siblings), folds), links, siblings, id)
        self.frames = 0
        """How many times rows were compared with what is shown."""
        self.rows_repainted = 0
        """How many rows the screen was asked to paint again."""
        self._pace = pace or Pace()
        self._placeholder = tuple(empty)
        self._painter: Painter | None = None
        self._reported = (True, Unseen())
        self._frame: asyncio.TimerHandle | None = None
        self._drawn_at = self._reported_at = float("-inf")

    def on_mount(self) -> None:
        """Load what the first answer needs once the first frame is on the screen."""
        self.call_after_refresh(
            self.run_worker, warm, name="warm up", group="conversation-warm", thread=True, exit_on_error=False
        )

    # ---- what is shown

    def begin(self, turn: Turn) -> None:
        """Add a finished turn at the end."""
        self._view.begin(turn)
        self.search_new()
        self._arm()

    def begin_reply(self, turn: Turn) -> None:
        """Add a live reply at the end; the turn may hold what has come of it already.

        While the conversation is read, a cursor whose turn has gone is in the reply then: it is
        what takes the place of an answer that is asked for again.
        """
        self._view.begin_reply(turn)
        if self.has_focus and self._cursor is None:
            self._cursor = start_of(len(self._view.entries) - 1)
        self.search_new()
        self._arm()

    def feed(self, turn_id: str, event: Event) -> None:
        """Take in an event of a live reply."""
        if self._view.add(turn_id, event):
            self._arm()

    def finish(self, turn: Turn) -> None:
        """Put the final turn in the place of the live one, and draw it at once."""
        if self._view.settle(turn):
            self.search_new()
            self._draw()

    def set_empty(self, lines: Sequence[str]) -> None:
        """Say something else while there is no turn."""
        self._placeholder = tuple(lines)
        self._arm()

    def _on_conversation_chunk(self, message: messages.Chunk) -> None:
        events = message.take()
        if message.shows in (None, self.shows):
            for event in events:
                self.feed(message.turn_id, event)

    def _on_conversation_ended(self, message: messages.Ended) -> None:
        self.finish(message.turn)

    # ---- counters for tests and benchmarks

    @property
    def renders(self) -> int:
        """How many parts of finished turns of the path shown were drawn, so far."""
        return self._view.entries.rendered

    @property
    def fetches(self) -> int:
        """How many turns were asked of the path shown, so far."""
        return self._view.entries.fetched

    # ---- drawing

    def _arm(self) -> None:
        """Have a frame drawn: now when the last one is long ago, else when its time has come."""
        if self._frame is None and self.is_running:
            loop = asyncio.get_running_loop()
            wait = self._drawn_at + self._pace.interval() - loop.time()
            self._frame = loop.call_later(max(0.0, wait), run_framed, self, self._draw, self._view.flush)

    def _draw(self, paint: Paint = Widget.refresh) -> None:
        """Bring what is shown up to date, and have the rows that changed painted again."""
        if not self.is_running:
            return
        if self._frame is not None:
            self._frame.cancel()
            self._frame = None
        self._drawn_at = asyncio.get_running_loop().time()
        if not self._laid_out:
            return
        changed = self._update_rows()
        if changed:
            paint(self, *changed)
        self._report()
        if self._view.refine():
            self._arm()

    def _update_rows(self) -> list[Region]:
        """Take what the rows should show now; return the regions that differ from what they showed."""
        self.frames += 1
        view, (width, height) = self._view, self._laid_out
        view.jump = self._pace.jump(height)
        view.flush()
        room = self._text_width(width), height
        said = len(view.entries) > 0  # nothing else can be found, pointed at or selected
        lines = self._decorated(view.window()) if said else placeholder(self._placeholder, *room)
        spans = self._rows.update(lines, view.thumb())
        self._pace.moved(self._rows.scrolled)
        self.rows_repainted += sum(stop - start for start, stop in spans)
        return [Region(0, start, width, stop - start) for start, stop in spans]

    def _report(self) -> None:
        state = self._view.following, self._view.unseen
        if state == self._reported:
            return
        if self._drawn_at < self._reported_at + self._pace.interval():
            self._arm()  # the frame that this makes reports it
            return
        self._reported = state
        self._reported_at = self._drawn_at
        # Whoever scrolls would count as the sender, and a message does not bubble to its sender.
        self.post_message(self.FollowChanged(state[1], following=state[0]).set_sender(self))

    def _rich_style(self, text: str, mark: int) -> RichStyle:
        style = self.visual_style + look(self.app, text)
        if mark:
            marks = ANSI_MARKS if self.app.native_ansi_color else MARKS
            style += look(self.app, marks[mark])
        return style.rich_style

    def _lay_out(self) -> None:
        """Take the size and the styles that the widget has now."""
        size = self.size
        if self._painter is None:
            thumb = THUMB_FOCUSED if self.has_focus else THUMB
            self._painter = Painter(size.width, self._rich_style, thumb)
        if size != self._laid_out:
            self._laid_out = size
            width = self._text_width(size.width)
            places = self._kept_selection() if width != self._view.entries.width else []
            seen = self._sees_cursor()
            self._view.resize(width, size.height)
            self._restore_selection(places)
            if seen and not self._sees_cursor():  # rows that come above the prompt must not cover it
                self._reveal_cursor()
                self._view.let_go()
            self._update_rows()

    def notify_style_update(self) -> None:
        """Paint anew after the theme or the focus has changed."""
        super().notify_style_update()
        self._painter = None
        self.refresh()

    def _on_resize(self) -> None:
        self._painter = None
        self._draw()

    def _on_unmount(self) -> None:
        if self._frame is not None:
            self._frame.cancel()
            self._frame = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the strips of a region of the widget; called by the compositor for every repaint."""
        if self._painter is None or self.size != self._laid_out:
            if not self.is_running:  # painted once more on its way out, when its styles are gone already
                return [Strip.blank(crop.width)] * crop.height
            # The screen may be painted before the message about the new size is handled.
            self._lay_out()
        painter = self._painter
        if painter is None:
            return []
        rows = self._rows
        strips = [painter.strip(rows.line(y), thumb=rows.in_thumb(y)) for y in range(crop.y, crop.bottom)]
        if crop.x or crop.width != self._laid_out.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return one row."""
        return self.render_lines(Region(0, y, self.size.width, 1))[0]
