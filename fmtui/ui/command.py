"""What a command of the app is, and how its keys are written. The table of all is `fmtui.ui.commands`."""

from __future__ import annotations

from fmtui.core.record import NamedTuple

LEADER = "ctrl+x"
"""The key that the keys of most commands begin with, unless the user has another for it."""


class Command(NamedTuple):
    """One thing the app can do."""

    id: str
    """Stable dotted name, for the keymap and `command('id')` actions."""
    title: str
    help: str
    """One sentence."""
    keys: tuple[str, ...] = ()
    """Keys as Textual names them; the first is shown where there is room for one. Two with a blank
    between them are a chord: one is pressed after the other, wherever the focus is."""
    slash: str = ""
    """Slash command; empty where it would make no sense, as for a key of the editor."""
    argument: str = ""
    """What may follow the slash command, as a name for people; empty when nothing may."""
    browse: tuple[str, ...] = ()
    """Keys while the conversation has the focus, where nothing is typed. In the table, the first that
    is a letter or a sign stands for a chord too: `lettered`."""
    opens: bool = False
    """Whether it opens a dialog, which takes what is typed after it."""
    aliases: tuple[str, ...] = ()
    """Other slash commands for it, which it had before."""

    @property
    def group(self) -> str:
        """The heading of the command in the help."""
        return _GROUPS[self.id.partition(".")[0]]

    @property
    def of_prompt(self) -> bool:
        """Whether the prompt itself handles the keys, so that what is typed after them waits its turn."""
        return self.id.startswith("prompt.")

    @property
    def single(self) -> tuple[str, ...]:
        """The keys that are no chords."""
        return tuple(key for key in self.keys if not is_chord(key))

    @property
    def chords(self) -> tuple[str, ...]:
        """The keys that are chords."""
        return tuple(filter(is_chord, self.keys))

    @property
    def slashes(self) -> tuple[str, ...]:
        """All that can be typed for it, without the slash."""
        return (self.slash, *self.aliases) if self.slash else ()

    @property
    def labels(self) -> list[str]:
        """All its keys as people write them, those of the conversation last."""
        return [key_label(key) for key in (*self.keys, *self.browse)]


def lettered(command: Command) -> Command:
    """Return a command with its letter in the conversation behind the leader, which does it everywhere."""
    letter = next((key for key in command.browse if key not in _NO_LETTERS), "")
    return command._replace(keys=(*command.keys, f"{LEADER} {letter}")) if letter else command


_NO_LETTERS = frozenset({"tab", "shift+tab", "enter", "space", "left", "right"})

_GROUPS = {
    "prompt": "Write",
    "draft": "Write",
    "template": "Write",
    "reply": "Replies",
    "queue": "Replies",
    "turn": "Turns",
    "session": "Sessions",
    "model": "Models",
    "models": "Models",
    "endpoints": "Models",
    "params": "Models",
    "sidebar": "Window",
    "app": "Window",
    "view": "Scroll and find",
    "browse": "Block by block",
    "copy": "Copy",
}


def is_chord(key: str) -> bool:
    """Return whether keys of the table are two, pressed one after the other."""
    return " " in key


def key_label(key: str) -> str:
    """Return a key as people write it: `Ctrl+R`, `F4`, `Alt+↑`, `Ctrl+X e`; a letter alone as it is typed."""
    from textual.keys import format_key  # noqa: PLC0415 - the plain mode has commands, and no keys

    if is_chord(key):
        return " ".join(map(key_label, key.split()))
    if len(key) == 1:
        return key
    *modifiers, name = key.split("+")
    labels = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}
    # By their names, as on keyboards; the signs for them are in few fonts.
    labels |= {"enter": "Enter", "tab": "Tab", "backspace": "Backspace"}
    label = labels.get(name) or format_key(name)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), label[:1].upper() + label[1:]])
