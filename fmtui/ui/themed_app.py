"""An app that wears themes of files: the one asked for, one looked at, one edited while the app runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.filter import Monochrome, NoColor
from textual.theme import BUILTIN_THEMES, Theme

from fmtui.core.text import printable
from fmtui.ui.pace import Pace
from fmtui.ui.paced import PacedApp
from fmtui.ui.themes import ThemeFiles, shipped_folder

if TYPE_CHECKING:  # most starts never show it
    from fmtui.ui.theme_picker import ThemePicker, ThemeRow

NO_COLOUR = "no-colour"
"""The theme without any."""
_ROOM = 3
"""Notices that there is room for at once."""
LOOK_AGAIN_S = 2.0
"""Seconds between two looks at the user's files that keys bring about."""


class ThemedApp(PacedApp):
    """What an app is that wears a theme of the shipped files, of the user's or of the framework.

    A file of the user's that is edited is read again, and worn at once, when the terminal gets
    the focus back or a key is pressed: nothing is done while the user is elsewhere.

    Args:
        pace: decides when frames are drawn.
        folder: where the user's theme files are; it need not exist.
        wanted: names of themes, of which the first that exists is worn; empty ones are passed over.
        colours: whether there may be any colours at all.
        code: how code looks; see `fmtui.core.preferences`.
    """

    def __init__(
        self, pace: Pace, folder: Path, wanted: Iterable[str], *, colours: bool, code: str = "theme"
    ) -> None:
        self.code_style = code
        """How code looks: as the theme says, plainly, or as one of Pygments' styles."""
        self.problems: list[str] = []
        """Sentences about what was asked for and cannot be had, until they are told."""
        self._theme_files = ThemeFiles(shipped_folder(), folder)
        self._colours = colours
        # Before the app is made: a theme that is chosen later has the style sheet parsed again.
        names = tuple(wanted)
        self.usual_theme = names[-1]
        """The theme where nobody asks for another."""
        first = self._first_theme(*names) if colours else NO_COLOUR
        self.set_reactive(App.theme, first or "textual-dark")
        super().__init__(pace)
        # The framework goes by whether NO_COLOR is there; an empty one is to count as none.
        kept = [each for each in self._filters if not isinstance(each, NoColor | Monochrome)]
        self._filters = kept if colours else [*kept, NoColor()]
        self.no_color = not colours
        self._themes_looked_at = time.monotonic()
        self._theme_picker: ThemePicker | None = None
        self._register_themes()
        self._theme_worn = self.current_theme

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables, with the colours of code that were chosen instead of its own."""
        variables = super().get_css_variables()
        # Nothing but the terminal's own colours fits where those are all there are.
        if self.code_style != "theme" and not (self.current_theme.ansi and self.code_style != "plain"):
            from fmtui.ui.code_styles import code_variables  # noqa: PLC0415 - few choose one

            variables |= code_variables(self.code_style, variables["background"])
            self.theme_variables = variables
        return variables

    def wear_code(self, name: str) -> None:
        """Show code in other colours from now on; see `fmtui.core.preferences`."""
        self.code_style = name
        self._watch_theme(self.theme)

    def theme_kept(self, name: str) -> None:
        """Hear of a theme that the user chose to keep."""

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return a theme, also while the app is being made and has registered none yet."""
        return self._theme_files.get(theme_name) or super().get_theme(theme_name)

    def _first_theme(self, *wanted: str) -> str:
        """Return the first theme that exists, and say why asked-for ones cannot be had."""
        for name in wanted:
            if name and (self._theme_files.get(name) is not None or name in BUILTIN_THEMES):
                return name
            if name:
                self.problems.append(self._theme_files.mistake(name) or self._no_theme(name))
        return ""

    def _no_theme(self, name: str) -> str:
        from difflib import get_close_matches  # noqa: PLC0415 - nearly every name is right

        known = [*(theme.name for theme in self._theme_files.themes), *BUILTIN_THEMES]
        close = get_close_matches(name, known, 1)
        meant = f" Did you mean “{close[0]}”?" if close else ""
        return f"There is no theme “{name}”.{meant} /theme lists them."

    def _register_themes(self) -> None:
        """Let the framework know the themes that were read."""
        for theme in self._theme_files.themes:
            self.register_theme(theme)

    def tell_problems(self) -> None:
        """Say what is wrong with what was asked for, and with theme files."""
        for problem in in_few(list(dict.fromkeys([*self.problems, *self._theme_files.problems]))):
            self.notify(printable(problem), severity="warning", timeout=10, markup=False)
        self.problems.clear()
        self._theme_files.problems.clear()

    def wear_theme(self, name: str) -> None:
        """Show everything in a theme that exists."""
        self.theme = name
        self._theme_worn = self.current_theme

    def choose_theme(self, name: str) -> None:
        """Take and keep the theme of that name, or say that there is none."""
        if self._without_colours():
            return
        name = self._first_theme(name)
        self._register_themes()
        self.tell_problems()
        if name:
            self.wear_theme(name)
            self.theme_kept(name)

    def search_themes(self) -> None:
        """Offer every theme."""
        if not self._without_colours():
            self.run_worker(self._pick_theme(), group="themes", exclusive=True, exit_on_error=False)

    def _without_colours(self) -> bool:
        if not self._colours:
            words = "NO_COLOR is set, so there are no colours to choose. Start fmtui without it to have some."
            self.notify(words, severity="warning", timeout=10, markup=False)
        return not self._colours

    async def _pick_theme(self) -> None:
        from fmtui.ui.theme_picker import ThemePicker  # noqa: PLC0415 - most starts never show it

        await asyncio.to_thread(self._theme_files.read_all)
        self._take_themes()
        before = self.theme
        picker = self._theme_picker = ThemePicker(self._theme_rows(), before, self.wear_theme)
        picker.set_note(self._theme_note())
        try:
            chosen = await self.push_screen_wait(picker)
        finally:
            self._theme_picker = None
        self.wear_theme(chosen or before)
        if chosen:
            self.theme_kept(chosen)

    def _theme_rows(self) -> list[ThemeRow]:
        from fmtui.ui.theme_picker import ThemeRow, kind_of  # noqa: PLC0415 - most starts never show it

        files = self._theme_files
        rows = [
            ThemeRow(theme.name, kind_of(theme), "yours" if files.is_own(theme.name) else "fmtui")
            for theme in files.themes
        ]
        known = {row.name for row in rows}
        rows += [
            ThemeRow(name, kind_of(theme), "Textual")
            for name, theme in BUILTIN_THEMES.items()
            if name not in known
        ]
        return sorted(rows, key=lambda row: (("yours", "fmtui", "Textual").index(row.source), row.name))

    def _theme_note(self) -> str:
        wrong = self._theme_files.wrong
        if not wrong:
            return ""
        count = "1 file has a mistake" if len(wrong) == 1 else f"{len(wrong)} files have mistakes"
        return f"{count}: {self._theme_files.shortly(wrong[0])}"

    def _take_themes(self) -> None:
        """Offer what was read, and wear the theme as it is now, if it differs."""
        self._register_themes()
        self.tell_problems()
        theme = self.current_theme
        if theme != self._theme_worn:
            self._theme_worn = theme
            self._watch_theme(theme.name)
        if self._theme_picker is not None:
            self._theme_picker.set_themes(self._theme_rows(), self._theme_note())

    async def on_event(self, event: events.Event) -> None:
        """Look at the user's files when the user comes back."""
        await super().on_event(event)
        now = time.monotonic()
        waited = now - self._themes_looked_at >= LOOK_AGAIN_S
        if isinstance(event, events.AppFocus) or (isinstance(event, events.Key) and waited):
            self._themes_looked_at = now
            self.run_worker(self._look_at_themes(), group="edited themes", exit_on_error=False)

    async def _look_at_themes(self) -> None:
        if await asyncio.to_thread(self._theme_files.look_again):
            self._take_themes()


def in_few(problems: Sequence[str]) -> list[str]:
    """Return what to say of problems: those that notices have room for, and how many more there are."""
    if len(problems) <= _ROOM:
        return list(problems)
    return [*problems[: _ROOM - 1], f"{len(problems) - _ROOM + 1} more like these; /doctor tells all."]
