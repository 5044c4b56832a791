"""The request itself in the place of its reply."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from fmtui.core.chat import Event, Request, TextDelta
from fmtui.core.endpoints import Endpoint

if TYPE_CHECKING:
    from fmtui.core.client import Client
    from fmtui.core.exchange import Streams
    from fmtui.core.written import Form


def streams_of(client: Client, form: Form | None) -> Streams:
    """Return what streams replies, or requests in a form where one is given."""
    return client if form is None else _WrittenDown(client, form)


class _WrittenDown:
    """Streams a request as it would be sent, and sends nothing."""

    def __init__(self, client: Client, form: Form) -> None:
        self._client = client
        self._form = form

    async def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
        """Yield it in one piece.

        Raises:
            FmtuiError: it could not be sent.
        """
        written = await self._client.written(endpoint, request)
        yield TextDelta(written.form(self._form).rstrip("\n") + "\n")
