"""An app whose frames wait until the terminal has taken the one before.

Whatever draws, be it the conversation, a key in the prompt or a dialog, ends in one method
of Textual's app. There a frame is put off while the terminal is busy: nothing is written,
the parts of the screen that it would have changed are remembered, and drawn as they are by
then once there is room. The event loop never waits for the terminal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from rich.console import RenderableType
from textual.driver import Driver
from textual.geometry import Region
from textual.screen import Screen

from fmtui.ui.pace import Pace
from fmtui.ui.terminal.app import LeanApp, LeanDriver
from fmtui.ui.terminal_driver import TerminalDriver

_MOST_REGIONS = 200
"""Remembering more parts of the screen costs more than drawing all of it."""


class PacedApp(LeanApp):
    """What an app is that draws no faster than its pace allows.

    Args:
        pace: decides when frames are drawn.
    """

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace
        self.terminal_environ: Mapping[str, str] = {}
        """The environment variables, which tell what kind of terminal there is; set before it is taken."""
        self.frames_put_off = 0
        """How many frames were not written when they were made, so far."""
        self._owed: set[Region] = set()
        """The parts of the screen that were to be drawn."""
        self._owing: Screen[object] | None = None
        """The screen that they are parts of."""
        self._wait_ends: asyncio.TimerHandle | None = None

    def get_driver_class(self) -> type[Driver]:
        """Return the driver for terminals that does not wait, where there is one."""
        usual = super().get_driver_class()
        return TerminalDriver if usual is LeanDriver else usual

    def _build_driver(
        self,
        headless: bool,  # noqa: FBT001 - Textual's own signature
        inline: bool,  # noqa: FBT001 - same
        mouse: bool,  # noqa: FBT001 - same
        size: tuple[int, int] | None,
    ) -> Driver:
        driver = super()._build_driver(headless, inline, mouse, size)
        if isinstance(driver, TerminalDriver):
            driver.pace = self.pace
            driver.know(self.terminal_environ)
            loop = asyncio.get_running_loop()

            def has_room() -> None:
                with suppress(RuntimeError):  # the loop has ended: there is nothing to draw any more
                    loop.call_soon_threadsafe(self.call_next, self._draw_owed)

            self.pace.on_room = has_room
        return driver

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Write a frame, or put it off."""
        if renderable is not None and self._running and self.pace.held():
            self._put_off(screen, renderable)
            return
        super()._display(screen, renderable)
        if renderable is None or self._driver is None or self._batch_count:
            return  # nothing was written
        if query := self.pace.query():
            self._driver.write(query)

    def _put_off(self, screen: Screen[object], frame: RenderableType) -> None:
        self.frames_put_off += 1
        whole = screen.size.region
        if screen is not self._owing:
            self._owing, self._owed = screen, {whole} if self._owed else set()
        spans = getattr(frame, "spans", None)
        if spans is None or len(self._owed) > _MOST_REGIONS:
            self._owed = {whole}
        elif whole not in self._owed:
            self._owed.update(Region(start, y, stop - start, 1) for y, start, stop in spans)
        self._wait_for_room()

    def _wait_for_room(self) -> None:
        after_s = self.pace.expires_s()
        if after_s is not None and self._wait_ends is None:
            self._wait_ends = asyncio.get_running_loop().call_later(after_s, self.call_next, self._draw_owed)

    def _end_batch(self) -> None:
        super()._end_batch()
        if self._owed and not self._batch_count:
            self.call_next(self._draw_owed)

    def _draw_owed(self) -> None:
        """Draw what was put off, as it is now."""
        if self._wait_ends is not None:
            self._wait_ends.cancel()
            self._wait_ends = None
        if not self._owed or not self._running or not self._screen_stack or self._batch_count:
            return  # what is painted in a batch is not shown: it is drawn when that ends
        screen, whole = self.screen, self.screen.size.region
        owed = {region.intersection(whole) for region in self._owed} if screen is self._owing else {whole}
        self._owed, self._owing = set(), None
        screen._compositor._dirty_regions |= owed  # noqa: SLF001 - painting whole widgets would cost their bytes again
        screen._compositor_refresh()  # noqa: SLF001 - same
