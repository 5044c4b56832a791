"""What a server turned out not to take, so that it is asked only once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from fmtui.core.chat import Request
from fmtui.core.endpoints import Endpoint, is_databricks
from fmtui.core.errors import ServerError
from fmtui.core.upload import Upload
from fmtui.core.wire import encode


@dataclass(frozen=True, slots=True)
class Dialect:
    """The fields that a server takes."""

    stream_options: bool = True
    new_max_tokens: bool = False

    def after(self, error: ServerError) -> Dialect | None:
        """Return the dialect to try after a refusal, None when the refusal is about something else."""
        if error.status not in (400, 422):
            return None
        if self.stream_options and "stream_options" in error.message:
            return replace(self, stream_options=False)
        if not self.new_max_tokens and "max_completion_tokens" in error.message:
            return replace(self, new_max_tokens=True)
        return None

    def body(self, endpoint: Endpoint, request: Request, omitted: Collection[str] = ()) -> Upload:
        """Return the body of a request; for a long session this takes a while, so call it in a thread.

        Args:
            endpoint: the server.
            request: what to ask.
            omitted: fields that the model does not take.
        """
        return Upload(
            encode(
                request,
                endpoint.kind,
                extra=endpoint.body,
                # Databricks refuses the field, and tells the counts without it.
                stream_options=self.stream_options and not is_databricks(endpoint),
                new_max_tokens=self.new_max_tokens,
                omitted=omitted,
            )
        )
