"""The screen that shows every key and command."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, zip_longest
from textwrap import wrap

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key, Paste
from textual.geometry import Size
from textual.widget import Widget

from fmtui.core.text import one_line
from fmtui.ui.command import Command, key_label
from fmtui.ui.commands import COMMANDS
from fmtui.ui.dialog import Dialog
from fmtui.ui.fitting import fit
from fmtui.ui.rest import Rest

_ROOM = 30
"""Columns from which sentences are shown, on several lines where they have to be."""
_WIDE = 100
"""Columns from which all groups have the same columns; below, names to type have no more than they need."""
_KEYS = 19
"""Cells of a line of keys at most."""
_NOTES = (
    "A line that starts with a slash and a command's name runs it: /new. Tab completes the name.",
    "What acts on the text that is being typed has no name to type: it has keys, and is in the palette.",
    "Letters alone are keys while the conversation has the focus; there Tab goes to its links.",
    "Tab and Shift+Tab go from part to part; Esc comes back to the prompt.",
    "In the list of models Ctrl+T gives a star: stars follow what was used last. Ctrl+R asks again.",
    "Keys can be changed in the table [keys] of the configuration.",
)


class HelpText(Widget):
    """The table of commands, laid out for the width there is."""

    COMPONENT_CLASSES = {"help--group", "help--slash", "help--muted"}

    DEFAULT_CSS = """
    HelpText {
        height: auto;
        & .help--group { color: $text-primary; text-style: bold; }
        & .help--slash { color: $text-accent; }
        & .help--muted { color: $text-muted; }
        &:ansi .help--muted { text-style: dim; }
    }
    """

    def __init__(self, commands: Sequence[Command], notes: Sequence[str] = ()) -> None:
        super().__init__()
        self._commands = commands
        self._notes = *notes, *_about_chords(commands), *_NOTES
        self._wanted: tuple[str, ...] = ()
        self._laid_out: tuple[int, Content] | None = None
        """The table for the width that was asked for last: it is asked for its height, then for itself."""

    def find(self, query: str) -> None:
        """Show only what has all words of a query."""
        self._wanted = tuple(query.casefold().split())
        self._laid_out = None
        self.refresh(layout=True)

    def notify_style_update(self) -> None:
        """Take the colours of another theme."""
        super().notify_style_update()
        self._laid_out = None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines of the table."""
        del container, viewport
        return self._table(width).get_height({}, width)

    def render(self) -> Content:
        """Return the table."""
        return self._table(self.content_size.width)

    def _table(self, width: int) -> Content:
        if self._laid_out is None or self._laid_out[0] != width:
            self._laid_out = width, self.table(width)
        return self._laid_out[1]

    def table(self, width: int) -> Content:
        """Return the help for a width in cells: with whole sentences where there is room for them."""
        lines: list[Content] = []
        bold, accent, muted = (self.get_visual_style(f"help--{name}") for name in ("group", "slash", "muted"))
        keys_width = max(len(line) for command in self._commands for line in _wrapped(command)) + 2
        slash_width = _slash_width(self._commands)
        title_width = max(len(command.title) for command in self._commands) + 1
        whole = width - keys_width - slash_width - 2 >= _ROOM
        shown = [command for command in self._commands if self._has_all(self._words(command))]
        for group, found in groupby(shown, key=lambda command: command.group):
            members = list(found)
            if lines:
                lines.append(Content())
            lines.append(Content.styled(group, bold))
            if width < _WIDE:
                slash_width = _slash_width(members)
            text_width = width - keys_width - slash_width - 2
            for command in members:
                slash = f"/{command.slash}" if command.slash else ""
                texts = wrap(command.help, text_width) if whole else [command.title]
                for at, (key, text) in enumerate(zip_longest(_wrapped(command), texts, fillvalue="")):
                    keys, typed = f"  {key:{keys_width}}", "" if at else slash
                    if whole:
                        lines.append(
                            Content.assemble(keys, (f"{typed:{slash_width}}", accent), (text, muted))
                        )
                    else:
                        text = f"{text:{title_width}}"  # noqa: PLW2901 - as wide as the others
                        room = width - len(keys + text)
                        lines.append(Content.assemble(keys, text, (fit(typed, room), accent)))
        notes = [Content.styled(note, muted) for note in self._notes if self._has_all(note)]
        if not lines and not notes:
            return Content.styled("Nothing has these words.", muted)
        return Content("\n").join([*lines, *([Content()] if lines else []), *notes])

    def _has_all(self, text: str) -> bool:
        text = text.casefold()
        return all(word in text for word in self._wanted)

    def _words(self, command: Command) -> str:
        """Return what a command is found by: all that is said of it."""
        slash = f"/{command.slash}" if command.slash else ""
        return f"{command.group} {command.title} {' '.join(command.labels)} {slash} {command.help}"


def _slash_width(commands: Sequence[Command]) -> int:
    """Return the width of a column of names to type, with what parts it from the next."""
    longest = max((len(command.slash) for command in commands), default=0)
    return longest + 3 if longest else 0


def _wrapped(command: Command) -> list[str]:
    """Return the keys of a command in lines that part none of them."""
    whole = ", ".join(label.replace(" ", "\xa0") for label in command.labels)
    return [line.replace("\xa0", " ") for line in wrap(whole, _KEYS)] or ["–"]


def _about_chords(commands: Sequence[Command]) -> list[str]:
    """Return what is to be known of chords, by one of them; nothing where the user has none."""
    chord = next((chord for command in commands for chord in command.chords), "")
    if not chord:
        return []
    first = key_label(chord.partition(" ")[0])
    return [
        f"{key_label(chord)} is two keys, one after the other; wait behind {first} to see what may follow."
    ]


class HelpScreen(Dialog[None]):
    """Shows the commands, those only that have the words typed; any of Esc, F1 and Enter leaves."""

    BINDINGS = [
        Binding("escape,f1,enter", "leave", show=False),
    ]

    DEFAULT_CSS = """
    HelpScreen > VerticalScroll {
        width: 106;
        max-height: 90%;
    }
    """

    def __init__(self, commands: Sequence[Command] = COMMANDS, notes: Sequence[str] = ()) -> None:
        """Make the screen.

        Args:
            commands: the table, with the keys as the user has them.
            notes: what else there is to say about keys here.
        """
        super().__init__()
        self._commands = commands
        self._notes = notes
        self._query = ""
        self._rest = Rest(self, self._show_found)

    def compose(self) -> ComposeResult:
        """Lay out the table in something that scrolls."""
        with VerticalScroll():
            yield HelpText(self._commands, self._notes)

    def on_mount(self) -> None:
        """Make the arrows scroll at once."""
        box = self.query_one(VerticalScroll)
        box.border_subtitle = Content("letters find · ↑ ↓ scroll · Esc leaves")
        box.focus()
        self._entitle(box)

    def on_key(self, event: Key) -> None:
        """Find what is typed."""
        if event.is_printable and event.character:
            self._find(self._query + event.character)
        elif event.key == "backspace":
            self._find(self._query[:-1])
        elif event.key == "ctrl+u":
            self._find("")
        else:
            return
        event.stop()

    def on_paste(self, event: Paste) -> None:
        """Find what is pasted."""
        event.stop()
        self._find(self._query + one_line(event.text, 80))

    def _find(self, query: str) -> None:
        self._query = query.lstrip()
        self._entitle(self.query_one(VerticalScroll))
        self._rest.due()

    def _show_found(self) -> None:
        box = self.query_one(VerticalScroll)
        box.styles.height = box.outer_size.height  # as it is: a box that shrinks with each letter is restless
        box.scroll_home(animate=False)
        self.query_one(HelpText).find(self._query)

    def _entitle(self, box: VerticalScroll) -> None:
        words = f"Keys and commands · {one_line(self._query, 40)}" if self._query else "Keys and commands"
        box.border_title = Content(words)
