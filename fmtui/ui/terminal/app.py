"""An app that writes to the terminal only what differs from what it shows.

It stands where Textual writes what the compositor made. Whatever else writes, or is
written in another way, makes it forget what the terminal shows; if the framework is not
the known one it stands aside from the start.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Offset
from textual.screen import Screen

from fmtui.ui.terminal.abilities import abilities_of
from fmtui.ui.terminal.compositor import RowsUpdate
from fmtui.ui.terminal.known import strange
from fmtui.ui.terminal.looks import Looks
from fmtui.ui.terminal.painter import Painter
from fmtui.ui.terminal.titles import AltKeys, Titles
from fmtui.ui.terminal.updates import StripCells, rows_wanted

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[None]
else:  # one part of an app: Textual goes through each class of one, which takes longer than its import
    _Base = object

log = logging.getLogger(__name__)


class LeanWriter:
    """Turns the updates of the compositor into the bytes that are really needed."""

    def __init__(self, environ: Mapping[str, str], system: ColorSystem) -> None:
        looks = Looks(system, afresh=environ.get("TERM") == "linux")
        self.painter = Painter(looks, abilities_of(environ))
        self._strips = StripCells(looks)

    def frame(
        self,
        update: LayoutUpdate | ChopsUpdate | RowsUpdate,
        size: tuple[int, int],
        cursor: tuple[int, int] | None,
        *,
        sync: bool,
    ) -> str:
        """Return what to write.

        Args:
            update: what the compositor made.
            size: columns and rows of the terminal.
            cursor: row and column where the cursor has to be left; None where that does not matter.
            sync: whether the terminal can be told to show a frame in one piece.
        """
        width, height = size
        if not self.painter.fits(height, width):
            self.painter.resize(height, width)
        wanted = rows_wanted(update, self.painter.shown, self._strips)
        data, tears = self.painter.paint(wanted, cursor)
        return f"{SYNC_START}{data}{SYNC_END}" if tears and sync else data


class LeanDriver(LinuxDriver):
    """Textual's driver, which says when the terminal is taken and given back."""

    _titles = Titles({})
    _alt_keys = AltKeys({})
    _window_title = "fmtui"

    def know(self, environ: Mapping[str, str]) -> None:
        """Go by the environment variables from now on: they tell what kind of terminal there is."""
        self._titles = Titles(environ)
        self._alt_keys = AltKeys(environ)

    def start_application_mode(self) -> None:
        """Take the terminal; nothing is known about what it shows."""
        if isinstance(self._app, LeanApp):
            self._app.forget_terminal()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # it has no types there
        if self._writer_thread is not None:
            self.write(self._titles.take(self._window_title) + self._alt_keys.take())

    def entitle(self, title: str) -> None:
        """Give the terminal's window a title; the one before comes back when the terminal is given back."""
        self._window_title = title
        self.write(self._titles.set(title))

    def stop_application_mode(self) -> None:
        """Give the terminal back with its own colours and title."""
        if isinstance(self._app, LeanApp):
            self._app.forget_terminal()
        self.write(self._alt_keys.give_back() + self._titles.give_back())
        super().stop_application_mode()


class LeanApp(_Base):
    """What an app is that has the lean writer, once it has been told to use it."""

    _lean_writer: LeanWriter | None = None
    last_words = ""
    """What is to be said on the normal screen once the app has ended; empty for nothing."""
    tells_focus = False
    """Whether the terminal has ever said that its window got or lost the focus; not every one does."""

    def on_app_blur(self) -> None:
        """Note that the terminal tells of the focus."""
        self.tells_focus = True

    def on_app_focus(self) -> None:
        """Note that the terminal tells of the focus."""
        self.tells_focus = True

    def watch_app_focus(self, focus: bool) -> None:  # noqa: FBT001 - Textual's own signature
        """Give the keys to whom they are meant for, where the window was left before anything had them.

        Textual gives them back to who had them; a start in the background has nobody.
        """
        if focus and self.screen_stack and self.screen.focused is None:
            wanted = self.screen.AUTO_FOCUS or self.AUTO_FOCUS or "*"
            target = next((widget for widget in self.screen.query(wanted) if widget.focusable), None)
            self.screen.set_focus(target)

    def write_lean(self, environ: Mapping[str, str], system: ColorSystem | None = None) -> None:
        """Write only differences from now on, if the framework is the known one.

        Args:
            environ: the environment variables: they tell what kind of terminal there is.
            system: the colours to write; those that Textual found when left out.
        """
        unknown = strange()
        if unknown or not issubclass(self.driver_class, LeanDriver):
            log.warning(
                "whole rows are written to the terminal: %s is not the known one",
                unknown or self.driver_class,
            )
            return
        named = ColorSystem[name.upper()] if (name := _NAMES.get(self.console.color_system or "")) else None
        self._lean_writer = LeanWriter(environ, system or named or ColorSystem.TRUECOLOR)

    @property
    def driver(self) -> Driver | None:
        """What reads and writes the terminal; None before there is one."""
        return self._driver

    @property
    def writes_lean(self) -> bool:
        """Whether only differences are written."""
        return self._lean_writer is not None

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver for Linux as one that says when the terminal is given back."""
        usual = super().get_driver_class()
        return LeanDriver if usual is LinuxDriver else usual

    def send_to_terminal(self, data: str) -> None:
        """Write a sequence that changes nothing that is seen, such as one for the clipboard."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(data)
            self._driver.flush()

    def entitle(self, title: str) -> None:
        """Give the terminal's window a title, where it has one."""
        if isinstance(self._driver, LeanDriver):
            self._driver.entitle(title)

    def forget_terminal(self) -> None:
        """Have everything written again: what the terminal shows is not known any more."""
        if self._lean_writer is not None:
            undo = self._lean_writer.painter.reset()
            if undo and self._driver is not None:
                self._driver.write(undo)

    async def on_event(self, event: events.Event) -> None:
        """Forget what the terminal shows when it is resized: each does something else with it then."""
        if isinstance(event, events.Resize):
            self.forget_terminal()
        await super().on_event(event)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Write a frame."""
        writer, driver = self._lean_writer, self._driver
        if (
            writer is None
            or renderable is None
            or self._batch_count
            or not self._running
            or self._closed
            or self.is_headless
            or driver is None
        ):
            super()._display(screen, renderable)
        elif driver.is_inline or not isinstance(renderable, LayoutUpdate | ChopsUpdate | RowsUpdate):
            self.forget_terminal()
            super()._display(screen, renderable)
        else:
            self._display_lean(writer, driver, screen, renderable)

    def _display_lean(
        self,
        writer: LeanWriter,
        driver: Driver,
        screen: Screen[object],
        update: LayoutUpdate | ChopsUpdate | RowsUpdate,
    ) -> None:
        # Widgets tell their place when the cursor moves in them, but not when they are moved themselves, as
        # by rows that come above or go, nor when a dialog that was before them goes.
        typed_at: Offset | None = getattr(self.focused, "cursor_screen_offset", None)
        if typed_at is not None:
            self.cursor_position = typed_at
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        try:
            place = None if typed_at is None else (cursor.y, cursor.x)
            data = writer.frame(update, self.size, place, sync=self._sync_available)
        except Exception:
            log.exception("the lean writer failed; whole rows are written from now on")
            self.forget_terminal()
            self._lean_writer = None
            super()._display(screen, update)
            return
        try:
            self._previous_cursor_position = cursor
            if data:
                driver.write(data)
                driver.flush()
        finally:
            self.post_display_hook()


_NAMES = {"standard": "standard", "256": "eight_bit", "truecolor": "truecolor", "windows": "windows"}
"""Rich's names of colour systems, and those of their constants."""
