"""The commands of the one table, in Textual's command palette."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape
from textual.widgets import Input

from fmtui.ui.command import Command, key_label
from fmtui.ui.commands import COMMANDS
from fmtui.ui.line import show_safely


class Palette(CommandPalette):
    """Textual's palette, in which nothing that is pasted acts on the terminal."""

    def on_mount(self) -> None:
        """Mend its field."""
        show_safely(self.query_one(Input))


class CommandProvider(Provider):
    """Offers every command that the screen can do now, with its keys and slash command."""

    async def startup(self) -> None:
        """Learn the keys that set off each command now, the user's own included."""
        self._keys: dict[str, list[str]] = {
            f"command('{command.id}')": list(command.keys) for command in COMMANDS if command.of_prompt
        }
        for key, active in self.screen.active_bindings.items():
            if ":" not in key:
                self._keys.setdefault(active.binding.action, []).append(key)

    async def discover(self) -> Hits:
        """Yield all commands in the order of the table."""
        for command in self._possible():
            yield DiscoveryHit(command.title, partial(self._run, command), help=self._help(command))

    async def search(self, query: str) -> Hits:
        """Yield the commands whose title or slash command matches."""
        matcher = self.matcher(query)
        for command in self._possible():
            score = max(matcher.match(command.title), matcher.match(command.slash) if command.slash else 0)
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(command.title),
                    partial(self._run, command),
                    text=command.title,
                    help=self._help(command),
                )

    def _possible(self) -> Iterator[Command]:
        for command in COMMANDS:
            # The palette is open already, and a line is added where the cursor is.
            if command.id in {"app.palette", "prompt.newline"}:
                continue
            if self.screen.check_action("command", (command.id,)):
                yield command

    def _help(self, command: Command) -> str:
        """Return keys, slash command and explanation; Textual reads it as markup."""
        keys = self._keys.get(f"command('{command.id}')", [])
        ways = [*map(key_label, keys), *([f"/{command.slash}"] if command.slash else [])]
        return escape("  ".join([*ways, command.help]))

    async def _run(self, command: Command) -> None:
        await self.screen.run_action(f"command('{command.id}')")
