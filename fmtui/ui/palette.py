"""The dialog with all commands, found by their names or by what they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fmtui.ui.command import Command, key_label
from fmtui.ui.commands import COMMANDS
from fmtui.ui.figures import SEPARATOR
from fmtui.ui.fitting import cells, fit
from fmtui.ui.matching import Query
from fmtui.ui.picker import Picker
from fmtui.ui.rows import Row

_LAST = frozenset({"prompt", "browse"})
"""Parts of the table that are moved by, key after key, and seldom looked for by name."""
_BOTH_ROOM = 44
"""Columns from which there is room for the slash command beside the keys."""


class Palette(Picker[str]):
    """Returns the id of a command, None when the user left without choosing.

    Args:
        commands: the table, with the keys that the user has.
    """

    SAYS_MORE = True

    def __init__(self, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__("Commands", "command", "a part of the name, or of what it does")
        self._commands = {
            command.id: command for command in sorted(commands, key=lambda each: _part(each) in _LAST)
        }
        self._list.set_layout(_columns)

    def total(self) -> int:
        """Return how many there are."""
        return len(self._commands)

    def keys(self) -> str:
        """Return what the keys do."""
        return "Enter does it · Esc leaves"

    def matching(self, query: str) -> Sequence[Row]:
        """Return the commands that match by title, slash command or explanation, best first."""
        if not query:
            return [_row(command, ()) for command in self._commands.values()]
        wanted = Query(query)
        words = query.lower().split()
        scored = [(_score(wanted, words, command), command) for command in self._commands.values()]
        found = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -round(pair[0], 3))
        return [_row(command, wanted.positions(command.title)) for _, command in found]

    def about(self, row: Row) -> str:
        """Return what a command does."""
        command = self._commands[row.id]
        reading = ", ".join(map(key_label, command.browse))
        return f"{command.help}{SEPARATOR}while reading: {reading}" if reading else command.help

    def result_of(self, row: Row) -> str:
        """Return the id of the command."""
        return row.id


def _part(command: Command) -> str:
    return command.id.partition(".")[0]


def _score(wanted: Query, words: Sequence[str], command: Command) -> float:
    named = max(wanted.score(command.title.lower()), wanted.score(command.slash) if command.slash else 0.0)
    # Of explanations only whole parts count: scattered letters are in every sentence.
    explained = command.help.lower()
    return named or (0.1 if all(word in explained for word in words) else 0.0)


def _row(command: Command, positions: tuple[int, ...]) -> Row:
    typed = f"/{command.slash}{f' [{command.argument}]' if command.argument else ''}" if command.slash else ""
    keys = "  ".join(map(key_label, command.keys or command.browse))
    return Row(command.id, command.title, matches=positions, cells=(typed, keys))


def _columns(room: int) -> Callable[[Row], str]:
    """Return what writes the slash command and the keys, one below the other."""
    width = 17 if room < _BOTH_ROOM + 10 else 24

    def columns(row: Row) -> str:
        typed, keys = row.cells
        keys = fit(keys, 17)
        said = f"{keys}{' ' * (17 - cells(keys))}"
        if room < _BOTH_ROOM:
            return said
        typed = fit(typed, width)
        return f"{typed}{' ' * (width - cells(typed))}  {said}"

    return columns
