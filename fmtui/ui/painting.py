"""Painting a frame at once, and what is to happen when a frame fails.

Textual paints what was refreshed after three messages and a timer of its own, each of which
wakes the program again. What changes by a timer, as the conversation and the figures of a
reply do, goes to the terminal from there. Whenever more than its rows is to be painted, as
while the layout changes or below a dialog, Textual's own way is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from textual.app import ScreenStackError
from textual.dom import NoScreen
from textual.geometry import Region
from textual.widget import Widget

from fmtui.ui.terminal.compositor import SparingCompositor

LONG_S = 0.005
"""Seconds of reading from which drawing waits for its turn."""


class Paint(Protocol):
    """Has regions of a widget painted again."""

    def __call__(self, widget: Widget, /, *regions: Region) -> object:
        """Paint them, now or soon."""
        ...


def paint_at_once(widget: Widget, /, *regions: Region) -> None:
    """Paint rows of a widget now if nothing else waits to be painted, with the rest otherwise.

    Call it from the event loop, but not while a message of the screen is handled.

    Args:
        widget: what is painted.
        regions: rows of a widget that answers `render_lines` itself, and that keeps none; all of any
            widget when there are none.
    """
    app = widget.app
    try:
        screen, top = widget.screen, app.screen
    except (NoScreen, ScreenStackError):
        return  # on its way out: nothing is shown any more
    waiting = (
        screen._dirty_widgets  # noqa: SLF001 - there is no public way to paint now
        or screen._layout_required  # noqa: SLF001 - same
        or screen._scroll_required  # noqa: SLF001 - same
        or screen._repaint_required  # noqa: SLF001 - same
    )
    if waiting or app._batch_count or app.is_inline or top is not screen:  # noqa: SLF001 - same
        widget.refresh(*regions)
        return
    compositor = screen._compositor  # noqa: SLF001 - same
    if not regions:
        widget._layout_cache.clear()  # noqa: SLF001 - same: what it rendered last is kept there
        widget._set_dirty()  # noqa: SLF001 - same
    if isinstance(compositor, SparingCompositor):
        update = compositor.rows_of(widget, regions or (widget.outer_size.region,))
        if update is not None:
            if not regions:
                widget._exchange_repaint_regions()  # noqa: SLF001 - all of it is painted
            app._display(screen, update)  # noqa: SLF001 - there is no public way to paint now
            return
    if regions:
        widget._set_dirty(*regions)  # noqa: SLF001 - same
    compositor.update_widgets({widget})
    screen._compositor_refresh()  # noqa: SLF001 - same


def run_framed(
    widget: Widget, draw: Callable[[Paint], None], read: Callable[[], object] | None = None
) -> None:
    """Draw a frame outside of any message, as a timer does; a fault ends the app like one in a message.

    Args:
        widget: what is drawn.
        draw: draws it.
        read: reads first what is to be drawn; where that takes long, keys are taken before it is drawn.
    """
    try:
        with widget._context():  # noqa: SLF001 - as for every message
            loop = asyncio.get_running_loop()
            begun = loop.time()
            if read is not None:
                read()
                if loop.time() - begun > LONG_S:
                    loop.call_soon(run_framed, widget, draw)
                    return
            draw(paint_at_once)
    except Exception as error:  # noqa: BLE001 - handed on, as Textual does with those of messages
        widget.app._handle_exception(error)  # noqa: SLF001 - the one way out for a fault
