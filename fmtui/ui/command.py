"""What a command of the app is, and how its keys are written. The table of all is `fmtui.ui.commands`."""

from __future__ import annotations

from fmtui.core.record import NamedTuple


class Command(NamedTuple):
    """One thing the app can do."""

    id: str
    """Stable dotted name, for the keymap and `command('id')` actions."""
    title: str
    help: str
    """One sentence."""
    keys: tuple[str, ...] = ()
    """Keys as Textual names them; the first is shown where there is room for one."""
    slash: str = ""
    """Slash command; empty where it would make no sense, as for a key of the editor."""
    argument: str = ""
    """What may follow the slash command, as a name for people; empty when nothing may."""
    browse: tuple[str, ...] = ()
    """Keys while the conversation has the focus, where nothing is typed."""
    opens: bool = False
    """Whether it opens a dialog, which takes what is typed after it."""

    @property
    def group(self) -> str:
        """The heading of the command in the help."""
        return _GROUPS[self.id.partition(".")[0]]

    @property
    def of_prompt(self) -> bool:
        """Whether the prompt itself handles the keys, so that what is typed after them waits its turn."""
        return self.id.startswith("prompt.")

    @property
    def labels(self) -> list[str]:
        """All its keys as people write them, those of the conversation last."""
        return [key_label(key) for key in (*self.keys, *self.browse)]


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
    "browse": "In the conversation",
    "copy": "Copy",
}


def key_label(key: str) -> str:
    """Return a key as people write it: `Ctrl+R`, `F4`, `PgUp`, `Alt+↑`; a letter alone as it is typed."""
    from textual.keys import format_key  # noqa: PLC0415 - the plain mode has commands, and no keys

    if len(key) == 1:
        return key
    *modifiers, name = key.split("+")
    labels = {"escape": "Esc", "enter": "Enter", "pageup": "PgUp", "pagedown": "PgDn", "tab": "Tab"}
    label = labels.get(name) or format_key(name)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), label[:1].upper() + label[1:]])
