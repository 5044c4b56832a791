"""The status line of the chat screen: what it says, and the timer that keeps it true.

While a reply runs the figures are updated a few times a second, over a slow line less often;
when nothing runs there is no timer, so that an idle program is not woken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.widget import Widget

from fmtui.core.chat import Event, Params, Retrying, Turn
from fmtui.core.text import one_line
from fmtui.ui.figures import SEPARATOR, Tone, attention, running_text
from fmtui.ui.pace import Pace
from fmtui.ui.painting import Paint, run_framed
from fmtui.ui.status import StatusLine

if TYPE_CHECKING:  # after the first frame
    from fmtui.ui.chat_replies import Replies
    from fmtui.ui.chat_sessions import OpenSession

ALMOST_FULL = 0.8
"""The share of a model's window from which it is worth saying how much is taken."""


class StatusBoard:
    """Decides what the status line says.

    Args:
        line: the widget.
        asked: gives the parameters of the next request.
        pace: says how often figures that run are updated.
        way: gives the key of a command.
    """

    def __init__(
        self,
        line: StatusLine,
        asked: Callable[[], Params],
        pace: Pace,
        way: Callable[[str], str],
    ) -> None:
        self.replies: Replies
        """Knows what runs; set once, as it reports to what updates this board."""
        self.last: Turn | None = None
        """The turn that ended last in the shown session."""
        self._lines_below = 0
        self._about = False
        self._leaving = False
        """Whether the key that stops a reply leaves something else first."""
        self._awaiting = False
        """Whether nothing of the reply had come when that was said last."""
        self.opening = False
        """Whether a prompt waits for the first session to be open."""
        self.asking = False
        """Whether a dialog asks what to do before the prompt can be sent."""
        self.link = ""
        """Where the link leads that the user points at."""
        self.spent = ""
        """What the session and the day cost, briefly; empty where that is not known."""
        self.full: float | None = None
        """The share of the model's window that the conversation takes; None where that is not known."""
        self.on_choice: Callable[[], None] | None = None
        """Hears that the next request goes to another model, or may have another answer."""
        self._chosen: tuple[object, ...] = ()
        self.mouse_off = False
        """Whether the mouse is left to the terminal."""
        self.on_title: Callable[[str], None] | None = None
        """Hears of the title of the shown session, when it changes."""
        self._title = ""
        self.not_saved = False
        """Whether the disk refused something."""
        self.unwritten: Callable[[], int] = lambda: 0
        """Counts the turns of all sessions that are in memory alone."""
        self._line = line
        self._asked = asked
        self._pace = pace
        self._way = way
        self._shown: OpenSession | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, shown: OpenSession | None) -> None:
        """Show the state of a session from now on."""
        self._shown = shown
        self.update()

    def update(self, paint: Paint = Widget.refresh) -> None:
        """Write the line anew; start or stop the timer as replies run or not."""
        running = self._shown is not None and self._shown.running
        if running and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._pace.figures_s, run_framed, self._line, self._tick)
        elif not running and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        title = "" if self._shown is None else self._shown.session.title
        if title != self._title and self.on_title is not None:
            self._title = title
            self.on_title(title)
        left, tone, *fewer = self._left()
        busy = (running or self.opening) and not self._leaving
        keys = f"{self._way('reply.stop')} stops" if busy else f"{self._way('app.help')} help"
        keys = _joined("mouse off", keys) if self.mouse_off else keys
        # The notice of that goes after a while; what is typed would still not be sent.
        keys = (
            _joined("read-only", keys) if self._shown is not None and self._shown.session.read_only else keys
        )
        right = "" if self.asking else keys
        self._line.show(
            left, right, tone, urgent=self._urgent(), fewer=tuple(filter(None, fewer)), paint=paint
        )

    def _tick(self, paint: Paint) -> None:
        self._timer = None
        if self._line.is_running:
            self.update(paint)

    def leaves(self, leaving: bool) -> None:  # noqa: FBT001 - its one word
        """Take note whether the key that stops a reply leaves something above the editor first."""
        if leaving is not self._leaving:
            self._leaving = leaving
            self.update()

    def heard(self, event: Event) -> None:
        """Say at once that a reply begins to come, or that it is asked for again: figures can wait."""
        if self._awaiting or isinstance(event, Retrying):
            self.update()

    def follow_changed(self, lines_below: int, *, about: bool = False) -> None:
        """Say how many lines are below the view, with the figures if they run.

        Args:
            lines_below: how many there are, 0 while it follows.
            about: whether that is a guess.
        """
        before, self._lines_below = self._lines_below, lines_below
        self._about = about
        if self._timer is None or bool(before) != bool(lines_below):
            self.update()

    def _left(self) -> tuple[str, Tone, *tuple[str, ...]]:
        """Return what is going on, its tone, and the same in ever fewer words."""
        if self.link:
            return f"→ {one_line(self.link, 400)}", "plain"
        if self.asking:
            return "waiting for your choice", "warning"
        standing = None if self._shown is None else self.replies.standing(self._shown)
        asked = self._asked()
        chosen = asked.endpoint, asked.model, asked.mode, asked.max_tokens
        if chosen != self._chosen:
            self._chosen = chosen
            if self.on_choice is not None:
                self.on_choice()
        self._awaiting = False
        if standing is not None:
            progress, retrying = standing
            self._awaiting = retrying is not None or progress.first_token_s is None
            exchange = self._shown.exchange if self._shown is not None else None
            # Another model may be chosen for the next prompt by now.
            model = asked.model if exchange is None else exchange.request.params.model
            said = running_text(progress, retrying, model)
            short = running_text(progress, retrying, "", short=True)
            return said, "good" if retrying is None else "warning", short
        if self.opening or (self._shown is not None and self._shown.running):
            # Before the first request modules are loaded and lists asked for.
            return "sending", "good"
        if self.last is not None and _is_of(self.last, asked):
            # The figures of a reply stand below it; only what went wrong is said here too.
            words, tone = attention(self.last)
            if words:
                return f"{one_line(asked.model, 60) or 'no model'}{SEPARATOR}{words}", tone, words
        parts = [asked.endpoint, asked.model or "no model", asked.mode, f"max_tokens {asked.max_tokens}"]
        fewer = [_joined(parts[1], self.spent or parts[3])]
        # What the day cost, then what the session did.
        fewer += [_joined(parts[1], self.spent.split(SEPARATOR)[0])] if self.spent else []
        fewer.append(one_line(parts[1], 60))
        parts += [self.spent] if self.spent else []
        if self.full is None or self.full < ALMOST_FULL:
            return _joined(*parts), "plain", *fewer
        full = f"context {self.full:.0%}".replace("%", " %")
        return _joined(full, *parts), "warning", *(_joined(full, each) for each in fewer)

    @property
    def unsaved(self) -> int:
        """How many turns leaving would lose, because the disk did not take them."""
        return self.not_saved and self.unwritten()

    def written(self) -> None:
        """Take note that the disk took a turn: once it has all, nothing says any more that it refused."""
        if self.not_saved and not self.unsaved:
            self.not_saved = False
            self.update()

    def _urgent(self) -> str:
        parts = []
        below = self._lines_below
        if below:
            about = "~" if self._about else ""
            parts.append(f"↓ {about}{below:,} more {'line' if below == 1 else 'lines'}")
        if self.not_saved:
            parts.append("NOT SAVED")
        return SEPARATOR.join(parts)


def _joined(*parts: str) -> str:
    return SEPARATOR.join(one_line(part, 60) for part in parts)


def _is_of(turn: Turn, asked: Params) -> bool:
    """Return whether a reply is of what is asked next: how another went says nothing of that."""
    params = turn.params
    return (
        params is None or not params.model or (params.endpoint, params.model) == (asked.endpoint, asked.model)
    )
