"""Every command of the app, once: its id, words, default keys and slash command.

Key bindings, the palette, the help screen, slash commands and the user's `[keys]` table
are all made from `COMMANDS`, so none of them can lack a command or disagree. No terminal
sends every key, therefore whatever has a key has other ways too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding

from fmtui.ui.command import Command, key_label

COMMANDS: tuple[Command, ...] = (
    Command("prompt.send", "Send", "Send the prompt to the model.", ("enter",)),
    Command(
        "prompt.newline",
        "New line",
        "Add a line; so does a backslash before Enter.",
        ("ctrl+j", "alt+enter"),
    ),
    Command("prompt.undo", "Undo", "Undo the last change of the prompt.", ("ctrl+underscore",)),
    Command("prompt.redo", "Redo", "Do again what was undone.", ("alt+z",)),
    Command("prompt.older", "Earlier prompt", "Write an earlier prompt again, from the first line.", ("up",)),
    Command("prompt.newer", "Later prompt", "Go back towards your own text, from the last line.", ("down",)),
    Command("prompt.word_left", "Word left", "Go back by a word.", ("alt+b", "ctrl+left")),
    Command("prompt.word_right", "Word right", "Go on by a word.", ("alt+f", "ctrl+right")),
    Command("prompt.kill_word", "Cut word", "Cut back to the blank before the cursor.", ("ctrl+w",)),
    Command(
        "prompt.kill_word_left",
        "Cut word left",
        "Cut back to the start of the word.",
        ("alt+backspace",),
    ),
    Command(
        "prompt.kill_word_right",
        "Cut word right",
        "Cut on to the end of the word.",
        ("alt+d",),
    ),
    Command("prompt.kill_to_start", "Cut to start", "Cut back to the start of the line.", ("ctrl+u",)),
    Command("prompt.kill_to_end", "Cut to end", "Cut on to the end of the line.", ("ctrl+k",)),
    Command("prompt.yank", "Put back", "Write what was cut; again, what was cut before.", ("alt+p",)),
    Command("draft.edit", "Edit outside", "Write the prompt in $VISUAL or $EDITOR.", ("ctrl+g",), "edit"),
    Command("draft.open", "Open paste", "Open a folded paste in that editor.", ("alt+o",), "open"),
    Command("draft.attach", "Attach", "Attach a file; so does @ and its name.", (), "attach", "file"),
    Command(
        "draft.history",
        "Earlier prompts",
        "Find a prompt of any session to write it again.",
        ("alt+r",),
        "history",
        "text",
        opens=True,
    ),
    Command(
        "template.use",
        "Prompts",
        "Use a prompt of your own; /NAME does too.",
        ("f12",),
        "prompt",
        "name values",
        opens=True,
    ),
    Command(
        "template.system",
        "System prompt",
        "See and change what the model is told first.",
        (),
        "system",
        "name or text",
        opens=True,
    ),
    Command(
        "reply.stop", "Stop reply", "Stop the running reply; what came of it is kept.", ("escape",), "stop"
    ),
    Command("reply.retry", "Ask again", "Ask for another answer to the last prompt.", ("ctrl+r",), "retry"),
    Command("session.new", "New session", "Start a new session.", ("ctrl+n",), "new"),
    Command("session.list", "Sessions", "Open an earlier session.", ("ctrl+o", "f3"), "sessions", opens=True),
    Command(
        "session.search",
        "Search sessions",
        "Find text in all sessions.",
        ("f7",),
        "search",
        "text",
        opens=True,
    ),
    Command("session.rename", "Rename session", "Give this session another title.", (), "rename", "title"),
    Command("session.title", "Title session", "Have the model find a title: one small request.", (), "title"),
    Command("session.pin", "Pin session", "Keep this session at the top of lists, or no more.", (), "pin"),
    Command("session.tag", "Tag session", "Set, add or take away tags of this session.", (), "tag", "tags"),
    Command("session.archive", "Archive session", "Leave it out of lists, or no more.", (), "archive"),
    Command("session.duplicate", "Duplicate session", "Go on in a copy of this session.", (), "duplicate"),
    Command("session.delete", "Delete session", "Move this session to the trash.", (), "delete"),
    Command("session.undelete", "Undelete", "Bring back what was deleted last.", (), "undelete"),
    Command("session.export", "Export", "Write the conversation to a file.", (), "export", "file"),
    Command(
        "session.cost", "Cost", "Show what the reply, the session and the day cost.", (), "cost", opens=True
    ),
    Command("session.context", "Context", "Show how full the model's window is.", (), "context", opens=True),
    Command(
        "session.shorten",
        "Shorten",
        "Leave the oldest turns out, or summarise them.",
        (),
        "shorten",
        opens=True,
    ),
    Command("session.whole", "Send all", "Send the whole conversation again.", (), "whole"),
    Command(
        "model.switch", "Switch model", "Choose another model.", ("f5", "ctrl+l"), "model", "name", opens=True
    ),
    Command("models.refresh", "Refresh models", "Ask the endpoint again what it offers.", (), "refresh"),
    Command(
        "endpoints.find",
        "Find endpoints",
        "Look again for endpoints and servers of this machine.",
        (),
        "endpoints",
    ),
    Command(
        "params.show",
        "Parameters",
        "See and change what replies are asked with.",
        ("f6",),
        "params",
        opens=True,
    ),
    Command("params.set", "Set parameter", "Set one for this session.", (), "set", "name value"),
    Command("params.unset", "Unset parameter", "Undo that it was set for this session.", (), "unset", "name"),
    Command("sidebar.toggle", "Sidebar", "Show or hide the sidebar.", ("f4",), "sidebar"),
    Command(
        "app.palette",
        "Command palette",
        "Find a command by its name.",
        ("ctrl+p", "f2"),
        "palette",
        opens=True,
    ),
    Command("app.help", "Help", "Show all keys and commands.", ("f1",), "help", opens=True),
    Command(
        "app.settings",
        "Settings",
        "See and change how fmtui looks and behaves.",
        ("alt+s",),
        "settings",
        "name value",
        opens=True,
    ),
    Command("app.theme", "Change theme", "Choose other colours.", (), "theme", "name", opens=True),
    Command("app.log", "Log", "Show what was asked of servers, and how it went.", ("f8",), "log", opens=True),
    Command("app.doctor", "Doctor", "Find out what is wrong, and what mends it.", (), "doctor", opens=True),
    Command("app.pager", "Pager", "Print the conversation outside, or into $PAGER.", ("f9",), "pager"),
    Command("app.mouse", "Mouse", "Leave the mouse to the terminal, or take it again.", ("alt+m",), "mouse"),
    Command("app.suspend", "Suspend", "Go back to the shell; `fg` comes back.", ("ctrl+z",), "suspend"),
    Command("app.quit", "Quit", "Leave fmtui; everything is kept.", ("ctrl+q",), "quit"),
    Command("view.page_up", "Page up", "Scroll the conversation up by a page.", ("pageup",), "pageup"),
    Command(
        "view.page_down", "Page down", "Scroll the conversation down by a page.", ("pagedown",), "pagedown"
    ),
    Command("view.up", "Scroll up", "Scroll the conversation up by a line.", ("ctrl+up",), "up"),
    Command("view.down", "Scroll down", "Scroll the conversation down by a line.", ("ctrl+down",), "down"),
    Command("view.previous", "Previous turn", "Go to the prompt or reply above.", ("alt+up",), "previous"),
    Command("view.next", "Next turn", "Go to the prompt or reply below.", ("alt+down",), "next"),
    Command("view.start", "Start", "Go to the start of the conversation.", ("ctrl+home",), "start"),
    Command("view.end", "End", "Go to the end and follow the reply.", ("ctrl+end",), "end"),
    Command("view.find", "Find", "Find text in the conversation.", ("ctrl+f",), "find", "text", ("slash",)),
    Command("view.find_next", "Find next", "Go to the next place found.", (), "findnext", browse=("n",)),
    Command(
        "view.find_previous",
        "Find previous",
        "Go to the place found before.",
        (),
        "findprevious",
        browse=("N",),
    ),
    Command("view.reasoning", "Reasoning", "Open or fold the last reasoning.", ("alt+t",), "reasoning"),
    Command("view.browse", "Read", "Go to the conversation, to read it by keyboard.", ("alt+v",), "browse"),
    Command(
        "browse.next_block", "Next block", "Go to the next paragraph, item or code block.", browse=("j",)
    ),
    Command("browse.previous_block", "Previous block", "Go to the block above.", browse=("k",)),
    Command("browse.next_turn", "Turn below", "Go to the next prompt or reply.", browse=("J",)),
    Command("browse.previous_turn", "Turn above", "Go to the prompt or reply above.", browse=("K",)),
    Command("browse.select", "Select", "Select block by block; again to end it.", browse=("v", "space")),
    Command("browse.next_link", "Next link", "Go to the next link.", browse=("tab",)),
    Command("browse.previous_link", "Previous link", "Go to the link before.", browse=("shift+tab",)),
    Command("browse.open", "Open link", "Open the link, or copy it where nothing can.", browse=("enter",)),
    Command("browse.fold", "Fold reasoning", "Open or fold the reasoning of this turn.", browse=("z",)),
    Command(
        "copy.text",
        "Copy",
        "Copy what is selected, else the last answer.",
        ("ctrl+y",),
        "copy",
        browse=("y",),
    ),
    Command(
        "copy.raw",
        "Copy raw",
        "Copy the same as it was written, in markdown.",
        ("alt+y",),
        "copyraw",
        browse=("Y",),
    ),
    Command("copy.answer", "Copy answer", "Copy the last answer as it was written.", (), "copyanswer"),
    Command(
        "copy.file",
        "Copy to file",
        "Write what Copy would copy to a file of yours.",
        (),
        "copyfile",
        "file",
        ("w",),
    ),
)

OPENING = frozenset(command.id for command in COMMANDS if command.opens)
"""The ids of the commands that open a dialog."""

_OWN = re.compile(r"/[A-Za-z0-9][A-Za-z0-9_-]{0,39}(\s|$)")
_BY_SLASH = {f"/{command.slash}": command for command in COMMANDS if command.slash}
NO_KEY = "no-key:"
"""Begins a name that no terminal sends: Textual's keymap only replaces keys, so a command
without one needs a binding all the same, and taking a key away needs something to put there."""

READING = "reading:"
"""Begins the ids of the bindings that hold only while the conversation has the focus."""


def slash_command(text: str) -> tuple[Command, str] | None:
    """Return the command that the text of a prompt is, and its argument; None when it is a prompt.

    Only one line whose first word is exactly known is a command, and words may follow it
    only where the command takes an argument: `/quit smoking, how?` is a question.
    """
    if not text.startswith("/"):
        return None
    line = text.rstrip()
    word, _, rest = line.partition(" ")
    command = _BY_SLASH.get(word)
    if command is None or "\n" in line or (rest and not command.argument):
        return None
    return command, rest.strip()


def is_own_slash(text: str) -> bool:
    """Return whether a text may be a slash command that the user made: a prompt's name, and its input."""
    return _OWN.match(text) is not None


def bindings(commands: Iterable[Command] = COMMANDS) -> list[Binding]:
    """Return the bindings of the chat screen: action `command('id')`, ids for the keymap.

    They take precedence over the focused widget, so a key means the same wherever the
    focus is. Not so the key that stops a reply: it first leaves a field or a list.
    """
    return [
        Binding(
            ",".join(command.keys) or NO_KEY + command.id,
            f"command('{command.id}')",
            command.title,
            show=False,
            id=command.id,
            tooltip=command.help,
            priority=command.id != "reply.stop",
        )
        for command in commands
        if not command.of_prompt
    ]


def browse_bindings(commands: Iterable[Command] = COMMANDS) -> list[Binding]:
    """Return the bindings of the conversation: what moves in it itself, the rest is the screen's."""
    return [
        Binding(
            ",".join(command.browse) or NO_KEY + command.id,
            f"browse('{name}')" if part == "browse" else f"screen.command('{command.id}')",
            command.title,
            show=False,
            id=READING + command.id,
        )
        for command in commands
        if not command.of_prompt
        for part, _, name in [command.id.partition(".")]
    ]


def way_to(id_: str, commands: Iterable[Command] = COMMANDS) -> str:
    """Return how a command is reached, for sentences: by a key, else by what is typed for it.

    A function key goes first: multiplexers and terminals keep none of them for themselves.

    Raises:
        KeyError: no command has this id.
    """
    command = next((each for each in commands if each.id == id_), None)
    if command is None:
        raise KeyError(id_)
    if not command.keys:
        return f"/{command.slash}"
    return key_label(
        next((key for key in command.keys if key[0] == "f" and key[1:].isdecimal()), command.keys[0])
    )


def with_keys(keys: Mapping[str, str]) -> tuple[Command, ...]:
    """Return the table with the keys of a keymap, for the help, the prompt and the palette."""

    def given(id_: str, defaults: tuple[str, ...]) -> tuple[str, ...]:
        if id_ not in keys:
            return defaults
        return tuple(key for key in keys[id_].split(",") if not key.startswith(NO_KEY))

    return tuple(
        command._replace(
            keys=given(command.id, command.keys), browse=given(READING + command.id, command.browse)
        )
        for command in COMMANDS
    )


def keys_of(id_: str, commands: Sequence[Command] = COMMANDS) -> tuple[str, ...]:
    """Return the keys of one command.

    Raises:
        KeyError: no command has this id.
    """
    for command in commands:
        if command.id == id_:
            return command.keys
    raise KeyError(id_)


def editing_keys(commands: Iterable[Command] = COMMANDS) -> dict[str, str]:
    """Return which command of the prompt each of its keys does, without those that send or add a line."""
    return {
        key: command.id
        for command in commands
        if command.of_prompt and command.id not in {"prompt.send", "prompt.newline"}
        for key in command.keys
    }
