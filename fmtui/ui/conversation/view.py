"""What part of a conversation is on the screen, as pure arithmetic over turns and lines.

The position is a line of a part of a turn, never a number of rows from the top: heights of
parts that were never drawn are guesses, and correcting one must not move what is being
read. Knows nothing of Textual, so every rule here is tested in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable

from fmtui.core.chat import Event, Turn, Turns
from fmtui.ui.conversation.blocks import BlockSpan, block_at, block_from
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.path import Live, Split
from fmtui.ui.conversation.places import (
    START,
    Place,
    Position,
    Unseen,
    end_of,
    last_top,
    line_at,
    lines_from,
    moved,
    place_of,
    start_of,
    thumb_of,
    unseen_from,
    within,
)

Make = Callable[..., Entries]
"""Makes the entries of a path: from how turns are parted, what makes live ones, and the turns."""


class View:
    """A window of `height` rows over the lines of one path of turns.

    It follows the end only while it is there: scrolling up lets go, reaching the end takes hold
    again. Pointing at something in it lets go, too, until that is over. While it does not follow,
    the line at its top stays, whatever grows, shrinks, settles or is measured above and below.
    """

    def __init__(self, split: Split, live: Callable[[Turn], Live], make: Make = Entries) -> None:
        self.height = 0
        """Rows of the window; 0 until it is known."""
        self.following = True
        """Whether the window sticks to the end."""
        self._split = split
        self.jump = 1
        """Lines that following moves by at least while a reply comes: more leave rows for the rest of it."""
        self._live = live
        self._make = make
        self.entries = make(split, live)
        self._top = START
        self._seen = START
        self._spare = 0  # rows below the end that following may leave
        self._held = False  # whether it would follow, had it not been told to stand still
        self._kept = START, Place(0, 0, 0, 0)

    # ---- what is shown

    def show(self, turns: Turns) -> None:
        """Show another path, at its end, and follow it."""
        width = self.entries.width
        self.entries = self._make(self._split, self._live, turns)
        if width:
            self.entries.resize(width)
        self._top = self._seen = START
        self.follow()

    def begin(self, turn: Turn) -> None:
        """Add a finished turn at the end."""
        self.entries.append(turn)

    def begin_reply(self, turn: Turn) -> None:
        """Add a reply that is coming at the end."""
        self.entries.append_live(turn)

    def add(self, turn_id: str, event: Event) -> bool:
        """Take in an event of a live reply; return False when no reply of that id is shown."""
        live = self.entries.live(turn_id)
        if live is None:
            return False
        live.add(event)
        return True

    def settle(self, turn: Turn) -> bool:
        """Put the final turn in the place of the live one; return False when it is not shown."""
        known = self.entries.settle(turn)
        self._stay()
        return known

    def drop_after(self, turn_id: str) -> None:
        """Forget the turns after the one of that id, all for an empty id, none for an unknown one."""
        index = self.entries.index(turn_id) if turn_id else -1
        if index is None:
            return
        self.entries.truncate(index + 1)
        end = start_of(len(self.entries))
        self._seen = min(self._seen, end_of(self.entries))
        if self._top >= end:
            self.follow()

    def resize(self, width: int, height: int) -> None:
        """Take another size, in columns and rows; the line at the top stays, as near as wrapping allows.

        Only where that would leave rows empty at the bottom does the end come to the bottom.
        """
        self.height = height
        self._spare = 0
        if width != self.entries.width:
            self._rewrap(width)
        self._hold()

    def _rewrap(self, width: int) -> None:
        entries = self.entries
        if not entries.width or self.following:
            entries.resize(width)
            return
        # A place in the text outlives its line: taken again after the next resize, opening and
        # closing the sidebar comes back to the very same line.
        kept, place = self._kept
        top = place if kept == self._top else place_of(entries, self._top)
        seen = place_of(entries, self._seen)
        entries.resize(width)
        self._top = moved(entries, line_at(entries, top), 0)  # the end of a part is the start of the next
        self._seen = line_at(entries, seen)
        self._kept = self._top, top

    # ---- moving

    def follow(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self._held = False
        self._spare = 0

    def let_go(self) -> None:
        """Stand still from now on if it follows, so that no text moves away from what points at it."""
        if self.following and self._ready:
            self._top, self._seen = self.top, end_of(self.entries)
            self.following, self._held, self._spare = False, True, 0

    def take_hold(self, *, at_end: bool = False) -> None:
        """Follow again if only `let_go` stopped that, and not a move since.

        Args:
            at_end: follow only if nothing came below meanwhile, so that the text does not jump.
        """
        if self._held and not (at_end and self.lines_below):
            self.follow()

    def scroll_lines(self, count: int) -> None:
        """Move down by lines, up for a negative number; reaching the end follows it."""
        if self._ready and not (self.following and count > 0):
            self._go(moved(self.entries, min(self.top, last_top(self.entries, self.height)), count))

    def scroll_pages(self, count: int) -> None:
        """Move by windows that share one line."""
        self.scroll_lines(count * max(1, self.height - 1))

    def scroll_to_start(self) -> None:
        """Move to the first line."""
        if self._ready:
            self._go(START)

    def scroll_turns(self, count: int) -> None:
        """Put the start of a later turn at the top, or for a negative number of this or an earlier one."""
        if not self._ready:
            return
        top = self.top
        target = top.turn + count
        if count < 0 and top != start_of(top.turn):
            target += 1
        self._go(start_of(max(0, target)))

    def scroll_to_part(self, part: float) -> None:
        """Move to a part of the whole, from 0 at the start to 1 at the end: for the scroll bar."""
        if not self._ready:
            return
        entries = self.entries
        turn, key, line = entries.find(round(part * max(0, entries.heights.total - self.height)))
        if turn < len(entries):
            line = min(line, entries.height(turn, key) - 1)
        self._go(Position(turn, key, max(0, line)))

    def go_to(self, position: Position) -> None:
        """Put a line at the top, or as near to it as the end allows."""
        if self._ready:
            self._go(position)

    def _go(self, position: Position) -> None:
        if self.following:
            self._seen = end_of(self.entries)
        self.following = self._held = False
        self._spare = 0
        self._top = position
        self._hold()

    def _hold(self) -> None:
        """Follow when the window reaches the end or past it."""
        if self.following or not self._ready:
            return
        last = last_top(self.entries, self.height)
        if self._held:
            self._top = min(self._top, last)
        elif self._top >= last:
            self._top, self.following = last, True  # what was gone to leaves the window for no rows below it

    @property
    def _ready(self) -> bool:
        return bool(self.height and self.entries.width and len(self.entries))

    # ---- what is on the screen

    @property
    def top(self) -> Position:
        """The line in the first row."""
        if self.following and self._ready:
            self._top = self._following_top()
        return self._top

    def _following_top(self) -> Position:
        last = last_top(self.entries, self.height)
        # Nothing comes any more that rows could be left for when the reply has ended.
        live = self.entries.is_live(len(self.entries) - 1)
        ahead = self.jump - 1 if live else 0
        if live and (ahead or self._spare):
            kept = within(self.entries, self._top)
            if last <= kept <= moved(self.entries, last, self._spare):
                return kept  # the text stands still until the rows below it are full
        self._spare = ahead
        return moved(self.entries, last, ahead) if ahead else last

    def flush(self) -> bool:
        """Draw what came for the live replies; return whether any line may have changed."""
        changed = self.entries.flush()
        if changed:
            self._stay()
        return changed

    def refine(self) -> bool:
        """Do a little of what showing did not wait for; return whether another frame is needed."""
        return self.entries.memory.refine()

    def _stay(self) -> None:
        """Keep to the lines, where the parts of a live reply have become others."""
        if self._ready:
            self._top = within(self.entries, self._top)
            self._seen = within(self.entries, self._seen)

    def window(self) -> list[Line | None]:
        """Return the lines on the screen, one a row; None for the rows below the end."""
        if not self._ready:
            return [None] * self.height
        rows, end = lines_from(self.entries, self.top, self.height)
        self._seen = max(self._seen, end)
        return [*rows, *[None] * (self.height - len(rows))]

    @property
    def unseen(self) -> Unseen:
        """The lines that came at the end and have not been on the screen yet; none while it follows."""
        return unseen_from(self.entries, self._seen) if self._ready and not self.following else Unseen()

    @property
    def lines_below(self) -> int:
        """How many of them there are."""
        return self.unseen.lines

    # ---- blocks

    def block(self, position: Position) -> BlockSpan | None:
        """Return the block that holds a line, the next where none does, or else the last."""
        return block_at(self.entries, position) if self._ready else None

    def blocks_from(self, position: Position, count: int) -> Position:
        """Return the start of the `count`-th block after a line, before it for a negative number."""
        return block_from(self.entries, position, count) if self._ready else position

    def thumb(self) -> tuple[int, int]:
        """Return the first row of the scroll bar's thumb and how many rows it has: none when all is shown."""
        if not self._ready:
            return 0, 0
        return thumb_of(self.entries, self.top, self.height)
