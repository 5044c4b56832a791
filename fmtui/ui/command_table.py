"""The table of all commands; what is made of it is in `fmtui.ui.commands`."""

from __future__ import annotations

from fmtui.ui.command import Command, lettered

_WRITTEN: tuple[Command, ...] = (
    Command("prompt.send", "Send", "Send the prompt to the model.", ("enter",)),
    Command(
        "prompt.newline", "New line", "Add a line; so does a backslash before Enter.", ("ctrl+j", "alt+enter")
    ),
    Command("prompt.undo", "Undo", "Undo the last change of the prompt.", ("ctrl+underscore",)),
    Command("prompt.redo", "Redo", "Do again what was undone.", ("alt+z",)),
    Command(
        "prompt.older",
        "Earlier prompt",
        "Write an earlier prompt again, from the first line.",
        ("up",),
        "older",
    ),
    Command("prompt.newer", "Later prompt", "Go back towards your own text, from the last line.", ("down",)),
    Command("prompt.word_left", "Word left", "Go back by a word.", ("alt+b", "ctrl+left")),
    Command("prompt.word_right", "Word right", "Go on by a word.", ("alt+f", "ctrl+right")),
    Command("prompt.kill_word", "Cut word", "Cut back to the blank before the cursor.", ("ctrl+w",)),
    Command(
        "prompt.kill_word_left", "Cut word left", "Cut back to the start of the word.", ("alt+backspace",)
    ),
    Command("prompt.kill_word_right", "Cut word right", "Cut on to the end of the word.", ("alt+d",)),
    Command("prompt.kill_to_start", "Cut to start", "Cut back to the start of the line.", ("ctrl+u",)),
    Command("prompt.kill_to_end", "Cut to end", "Cut on to the end of the line.", ("ctrl+k",)),
    Command(
        "prompt.yank", "Put back", "Write what was cut; again, what was cut before.", ("alt+p",), "putback"
    ),
    Command("draft.edit", "Edit outside", "Write the prompt in $VISUAL or $EDITOR.", ("ctrl+g",), "edit"),
    Command("draft.open", "Open paste", "Open a folded paste in that editor.", ("alt+o",), "open"),
    Command(
        "draft.attach", "Attach", "Attach a file; so does @ and its name.", ("ctrl+x f",), "attach", "file"
    ),
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
        ("ctrl+x s",),
        "system",
        "name or text",
        opens=True,
    ),
    Command(
        "reply.stop", "Stop reply", "Stop the running reply; what came of it is kept.", ("escape",), "stop"
    ),
    Command(
        "reply.retry",
        "Ask again",
        "Ask again: at the cursor, else the last prompt.",
        ("ctrl+r",),
        "retry",
        "model",
        ("r",),
    ),
    Command("reply.continue", "Continue", "Go on with a reply that was cut.", (), "continue", browse=("m",)),
    Command(
        "reply.request",
        "Show request",
        "Show what would be sent; copy it for curl or Python.",
        ("ctrl+x i",),
        "request",
        opens=True,
    ),
    Command("queue.send", "Send queued", "Send the prompts that are queued.", ("ctrl+x q",), "queue"),
    Command("queue.take", "Take back", "Edit a queued prompt, the last.", ("alt+q",), "unqueue", "number"),
    Command(
        "turn.edit", "Edit prompt", "Edit a prompt, to send it as a branch.", (), "editturn", browse=("e",)
    ),
    Command(
        "turn.retry_with",
        "Ask other model",
        "Ask another model, for this once.",
        (),
        "retrywith",
        browse=("R",),
        opens=True,
    ),
    Command(
        "turn.next_sibling",
        "Next branch",
        "Go to the next branch here, or to that of a number.",
        (),
        "sibling",
        "number",
        ("right_square_bracket", "right"),
    ),
    Command(
        "turn.previous_sibling",
        "Previous branch",
        "Go to the branch before this one.",
        (),
        "prevsibling",
        browse=("left_square_bracket", "left"),
    ),
    Command(
        "turn.compare",
        "Compare",
        "Read two replies to a prompt side by side.",
        (),
        "compare",
        browse=("vertical_line",),
        opens=True,
    ),
    Command(
        "turn.delete", "Delete branch", "Delete a turn and all below it.", (), "deletebranch", browse=("d",)
    ),
    Command(
        "turn.undelete",
        "Undelete branch",
        "Bring back the turns that were deleted last.",
        (),
        "undeletebranch",
        browse=("u",),
        aliases=("restore",),
    ),
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
    Command(
        "session.rename",
        "Rename session",
        "Give this session another title.",
        ("ctrl+x t",),
        "rename",
        "title",
        opens=True,
    ),
    Command(
        "session.title",
        "Find a title",
        "Have the model find a title: one small request.",
        ("ctrl+x T",),
        "title",
    ),
    Command("session.pin", "Pin session", "Keep it at the top of lists, or no more.", ("ctrl+x p",), "pin"),
    Command(
        "session.tag", "Tag session", "Change its tags.", ("ctrl+x number_sign",), "tag", "tags", opens=True
    ),
    Command(
        "session.archive", "Archive session", "Leave it out of lists, or no more.", ("ctrl+x A",), "archive"
    ),
    Command(
        "session.duplicate",
        "Duplicate session",
        "Go on in a copy of this session.",
        ("ctrl+x C",),
        "duplicate",
    ),
    Command(
        "session.delete",
        "Delete session",
        "Move this session to the trash.",
        ("ctrl+x D",),
        "deletesession",
        aliases=("delete",),
    ),
    Command(
        "session.undelete",
        "Undelete session",
        "Bring back the session that was deleted last.",
        ("ctrl+x U",),
        "undeletesession",
        aliases=("undelete",),
    ),
    Command("session.export", "Export", "Write the conversation to a file.", ("ctrl+x x",), "export", "file"),
    Command(
        "session.cost",
        "Cost",
        "Show what the reply, the session and the day cost.",
        ("ctrl+x dollar_sign",),
        "cost",
        opens=True,
    ),
    Command(
        "session.context",
        "Context",
        "Show how full the model's window is.",
        ("ctrl+x percent_sign",),
        "context",
        opens=True,
    ),
    Command(
        "session.shorten",
        "Shorten",
        "Leave the oldest turns out, or summarise them.",
        ("ctrl+x minus",),
        "shorten",
        opens=True,
    ),
    Command("session.whole", "Send all", "Send the whole conversation again.", ("ctrl+x plus",), "whole"),
    Command(
        "model.switch", "Switch model", "Choose another model.", ("f5", "ctrl+l"), "model", "name", opens=True
    ),
    Command(
        "models.refresh", "Refresh models", "Ask the endpoint again what it offers.", ("ctrl+x M",), "refresh"
    ),
    Command(
        "endpoints.find",
        "Find endpoints",
        "Look again for endpoints and servers of this machine.",
        ("ctrl+x E",),
        "endpoints",
    ),
    Command(
        "params.show", "Parameters", "Change what replies are asked with.", ("f6",), "params", opens=True
    ),
    Command(
        "params.set",
        "Set parameter",
        "Set one for this session.",
        ("ctrl+x equals_sign",),
        "set",
        "name value",
        opens=True,
    ),
    Command(
        "params.unset",
        "Unset parameter",
        "Undo that it was set for this session.",
        ("ctrl+x 0",),
        "unset",
        "name",
        opens=True,
    ),
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
    Command("app.theme", "Change theme", "Choose other colours.", ("ctrl+x h",), "theme", "name", opens=True),
    Command("app.log", "Log", "Show what was asked of servers, and how it went.", ("f8",), "log", opens=True),
    Command(
        "app.doctor", "Doctor", "Find what is wrong, and what mends it.", ("ctrl+x H",), "doctor", opens=True
    ),
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
        "browse.next_block",
        "Block below",
        "Go to the next paragraph, item or code block.",
        (),
        "blockbelow",
        browse=("j",),
    ),
    Command(
        "browse.previous_block", "Block above", "Go to the block above.", (), "blockabove", browse=("k",)
    ),
    Command(
        "browse.next_turn", "Turn below", "Go to the next prompt or reply.", (), "turnbelow", browse=("J",)
    ),
    Command(
        "browse.previous_turn",
        "Turn above",
        "Go to the prompt or reply above.",
        (),
        "turnabove",
        browse=("K",),
    ),
    Command(
        "browse.select",
        "Select",
        "Select block by block; again to end it.",
        (),
        "select",
        browse=("v", "space"),
    ),
    Command("browse.next_link", "Next link", "Go to the next link.", (), "nextlink", browse=("tab", "l")),
    Command(
        "browse.previous_link",
        "Previous link",
        "Go to the link before.",
        (),
        "previouslink",
        browse=("shift+tab", "L"),
    ),
    Command(
        "browse.open",
        "Open link",
        "Open the link, or copy it where nothing can.",
        (),
        "openlink",
        browse=("enter", "o"),
    ),
    Command(
        "browse.fold", "Fold reasoning", "Open or fold the reasoning of this turn.", (), "fold", browse=("z",)
    ),
    Command(
        "copy.text", "Copy", "Copy the selection, else the last reply.", ("ctrl+y",), "copy", "what", ("y",)
    ),
    Command(
        "copy.raw",
        "Copy raw",
        "Copy the same as it was written, in markdown.",
        ("alt+y",),
        "copyraw",
        browse=("Y",),
    ),
    Command(
        "copy.code",
        "Copy code",
        "Copy a code block: here, of a number, or the last.",
        (),
        "copycode",
        "number",
        ("c",),
    ),
    Command(
        "copy.answer",
        "Copy reply",
        "Copy the last reply as it was written.",
        ("ctrl+x a",),
        "copyreply",
        aliases=("copyanswer",),
    ),
    Command(
        "copy.file",
        "Copy to file",
        "Write what Copy would copy, or could not, to a file.",
        (),
        "copyfile",
        "file",
        ("w",),
    ),
)

COMMANDS: tuple[Command, ...] = tuple(map(lettered, _WRITTEN))
"""All of them, in the order of the help."""
