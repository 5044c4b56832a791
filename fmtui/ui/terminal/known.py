"""Whether the framework inside is the one that the lean writer was written for.

What its functions use is compared, not its version: that is exact, also for a version that
was changed by hand, and asking for the version would take a tenth of the time to start.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.strip import Strip

_DISPLAY = """
post_display_hook _batch_count _running _closed is_headless _driver console _begin_update isinstance
CompositorUpdate screen outer_size clamp_offset cursor_position is_inline Control move
_previous_cursor_position
segment text render_segments move_to render _render_buffer WINDOWS write range len Exception _handle_exception
_end_update flush
"""
_STOP = """
_disable_bracketed_paste _enable_line_wrap _disable_in_band_window_resize disable_input attrs_before termios
tcsetattr fileno TCSANOW error write flush
"""
_PARTIAL = """
ChopsUpdate Region __contains__ _dirty_regions _regions_to_spans _render_chops clear copy cuts from_union
intersection list region size
"""
_CHOPS = "Region _get_renders cast column_span cuts dict divide fromkeys get intersection line_range x zip"
_RENDERS = "Region contains_region height intersection items overlaps render_lines visible_widgets width x y"
_KNOWN: tuple[tuple[Callable[..., Any], str], ...] = (
    (App._display, _DISPLAY),  # noqa: SLF001 - it is what the lean writer does instead
    (App._begin_update, "_sync_available _driver write SYNC_START"),  # noqa: SLF001 - same
    (App._end_update, "_sync_available _driver write SYNC_END"),  # noqa: SLF001 - same
    (ChopsUpdate.__init__, "chops spans chop_ends"),
    (
        ChopsUpdate.render_segments,
        "append Control move_to chops chop_ends spans zip items segment text render crop min join",
    ),
    (LayoutUpdate.__init__, "strips region"),
    (
        LayoutUpdate.render_segments,
        "append extend region x Control move_to loop_last enumerate strips y segment text join render",
    ),
    (Compositor.render_partial_update, _PARTIAL),
    (Compositor._render_chops, _CHOPS),  # noqa: SLF001 - same
    (Compositor._get_renders, _RENDERS),  # noqa: SLF001 - same
    (Strip.render, "_render_cache _color_system ColorSystem TRUECOLOR render_style join _segments"),
    (LinuxDriver.write, "_writer_thread write"),
    (LinuxDriver.stop_application_mode, _STOP),
    (Driver.suspend_application_mode, "stop_application_mode close"),
    (Driver.resume_application_mode, "start_application_mode"),
)
"""Functions of the framework, and the names of all that each uses."""


def strange() -> str:
    """Return the name of a function of the framework that is not the known one; empty if all are."""
    for function, names in _KNOWN:
        code = getattr(function, "__code__", None)
        if code is None or _names(code) != set(names.split()):
            return getattr(function, "__qualname__", repr(function))
    return ""


def _names(code: CodeType) -> set[str]:
    """Return the names that a function uses, those in its comprehensions included.

    Python 3.12 puts a comprehension into its function, those before make it a function of its own.
    """
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names
