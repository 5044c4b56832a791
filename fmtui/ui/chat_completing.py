"""What is offered while a prompt is written: the part of the chat screen that joins the sources."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fmtui.core.prompts import PromptFolder
from fmtui.ui.chat_attaching import Attaching
from fmtui.ui.command import Command
from fmtui.ui.completion import Completing, CompletionList, Offer, Source
from fmtui.ui.prompt import Prompt
from fmtui.ui.setup import Setup
from fmtui.ui.slash_completion import OwnSlashes, Slash, name_source, slash_source, slashes

_BEFORE_NAMES = "/prompt ", "/system "


def completing(
    prompt: Prompt,
    mount: Callable[[CompletionList], object],
    start: Callable[[Awaitable[None], str], object],
    commands: Sequence[Command],
    setup: Setup,
    attaching: Attaching,
) -> Completing:
    """Return what offers words for a prompt.

    Args:
        prompt: the editor.
        mount: puts the list on the screen.
        start: runs something beside the screen.
        commands: the table, with the keys as the user has them.
        setup: what the app was started with.
        attaching: offers files.
    """
    built_in = slashes(commands)
    folder = PromptFolder.beside(setup.config.path)

    def read() -> list[Slash]:
        return [
            Slash(each.name, "values" if each.variables or each.takes_input else "", each.description)
            for each in folder.read().prompts
        ]

    def again() -> None:
        made.look()

    own = OwnSlashes(read, start, again, [each.name for each in built_in])
    made = Completing(
        prompt,
        mount,
        [
            _begun(slash_source(lambda: [*own.slashes(), *built_in]), ("/",), own.look),
            _begun(name_source(_BEFORE_NAMES, own.names, lambda: own.reading), _BEFORE_NAMES, own.look),
            attaching.source,
        ],
    )
    attaching.again = again
    return made


def _begun(source: Source, starts: Sequence[str], look: Callable[[], None]) -> Source:
    """Return a source that has the user's prompts read anew when a line for them is begun."""

    def begun(before: str, row: int) -> Offer | None:
        if not row and before in starts:
            look()
        return source(before, row)

    return begun
