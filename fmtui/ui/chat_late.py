"""The parts of the chat screen that are made when one of their commands is first asked for."""

from __future__ import annotations

from collections.abc import Callable

from fmtui.ui.chat_parts import Part, Services


def late_part(command_id: str) -> Callable[[Services], Part] | None:
    """Return what makes the part that does a command; None when there is none."""
    match command_id:
        case "session.export":
            from fmtui.ui.chat_export import Exporting  # noqa: PLC0415 - most starts never do it

            return Exporting
        case "app.mouse" | "app.pager":
            from fmtui.ui.chat_terminal import Lending  # noqa: PLC0415 - most starts never do it

            return Lending
        case _ if command_id.startswith(("draft.", "prompt.")):
            from fmtui.ui.chat_editor import Writing  # noqa: PLC0415 - keys of the prompt do not come here

            return Writing
        case "reply.request":
            from fmtui.ui.chat_request import Showing  # noqa: PLC0415 - most starts never do it

            return Showing
        case "app.settings":
            from fmtui.ui.chat_settings import Settling  # noqa: PLC0415 - most starts never do it

            return Settling
        case _ if command_id.startswith("template."):
            from fmtui.ui.chat_prompts import Prompting  # noqa: PLC0415 - most starts never do it

            return Prompting
        case "session.title":
            from fmtui.ui.chat_titling import Titling  # noqa: PLC0415 - same

            return Titling
        case "session.search":
            from fmtui.ui.chat_searching import SearchingAll  # noqa: PLC0415 - same

            return SearchingAll
        case _ if command_id in SHELVING:
            from fmtui.ui.chat_shelving import Shelving  # noqa: PLC0415 - same

            return Shelving
        case _ if command_id.startswith(("queue.", "reply.", "turn.")):
            from fmtui.ui.chat_turns import Turning  # noqa: PLC0415 - same

            return Turning
        case _:
            return None


SHELVING = frozenset(
    f"session.{name}"
    for name in ("list", "rename", "pin", "tag", "archive", "delete", "undelete", "duplicate")
)
"""The commands that are about sessions as a whole."""
