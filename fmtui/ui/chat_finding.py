"""Finding what can be talked to, behind the first frame and on demand: a part of the chat screen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import ConfigError, FmtuiError
from fmtui.ui.chat_choices import Choices, rows
from fmtui.ui.chat_choosing import Choosing
from fmtui.ui.chat_models import LazyClient
from fmtui.ui.chat_shelf import Shelf, Stage
from fmtui.ui.setup import Setup

Found = tuple[Sequence[Endpoint], Sequence[FmtuiError]]
"""What the configuration, the environment and profiles offer, and what is wrong with them."""


class Finding:
    """Looks around: at servers on this machine after the start, at everything when asked to.

    Args:
        stage: shows what was found.
        shelf: has the session that is shown.
        choosing: takes and shows choices.
        choices: has what is offered.
        client: asks the servers.
        setup: what the app was started with.
    """

    def __init__(
        self,
        stage: Stage,
        shelf: Shelf,
        choosing: Choosing,
        choices: Choices,
        client: LazyClient,
        setup: Setup,
    ) -> None:
        self._stage = stage
        self._shelf = shelf
        self._choosing = choosing
        self._choices = choices
        self._client = client
        self._setup = setup
        self._named = bool(setup.endpoint or setup.config.default_endpoint or not choosing.found)
        self._one_at_a_time = asyncio.Lock()

    async def first(self) -> None:
        """Offer the servers that answer on this machine.

        One of them is used at once where there is nothing else but the demo, as by `fmtui ask`;
        not when the user has begun with the demo, or has chosen it.
        """
        async with self._one_at_a_time:
            alone = len(self._choices.endpoints) == 1
            found = await self._local()
            self._choosing.looking = False
            self._choices.offer(found)
            self._stage.sidebar.set_endpoints(rows(self._choices.endpoints))
            if found and alone and not self._named and not self._begun:
                self._choices.choose_endpoint(found[0].name)
                self._choosing.changed()
            else:
                self._choosing.show()

    async def do(self, command_id: str, _argument: str = "") -> bool:
        """Do a command that looks around; return False when it is none."""
        match command_id:
            case "endpoints.find":
                await self.again()
            case "models.refresh":
                await self._choosing.load_models(again=True)
            case _:
                return False
        return True

    async def again(self) -> None:
        """Look at everything again, and say what has changed."""
        async with self._one_at_a_time:
            before = {endpoint.name for endpoint in self._choices.endpoints}
            try:
                endpoints, problems = await asyncio.to_thread(self._look)
            except ConfigError as error:  # the file that was named on the command line is gone
                self._stage.tell(error, "error")
                return
            self._choices.take_endpoints(endpoints, await self._local(), problems)
            self._stage.sidebar.set_endpoints(rows(self._choices.endpoints))
            self._choosing.found = True
        now = [endpoint.name for endpoint in self._choices.endpoints]
        new = [name for name in now if name not in before]
        gone = sorted(before.difference(now))
        told = [f"new: {', '.join(new)}"] if new else []
        told += [f"gone: {', '.join(gone)}"] if gone else []
        counted = f"{len(now) - 1} found besides the {DEMO.name}"
        self._stage.tell(f"{counted}; {'; '.join(told) or 'nothing has changed'}.")
        for problem in problems:
            self._stage.tell(problem, "warning")
        await self._choosing.load_models(again=True)

    @property
    def _begun(self) -> bool:
        """Whether the user has begun to write or to talk."""
        shown = self._shelf.shown
        return bool(self._stage.prompt.value or (shown is not None and (shown.running or len(shown.path))))

    def _look(self) -> Found:
        """Read the configuration and the profiles again."""
        look = self._setup.look_again
        return look() if look is not None else (self._setup.endpoints, self._setup.problems)

    async def _local(self) -> list[Endpoint]:
        client = await self._client.get()
        return await client.local_servers()
