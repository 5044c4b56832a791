"""The one place where requests go out: each has its line in the log, its limits, and one sentence of failure.

Prompts, lists of models, requests for a token, and whatever of these is sent again: none goes
another way, so that none can be forgotten where something holds for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import httpx

from fmtui.core.connection import NOT_AGAIN, Journey, transport_error
from fmtui.core.errors import IdleTimeoutError
from fmtui.core.failures import NOBODY, About, duration
from fmtui.core.request_log import Watch, outcome_of, unsent
from fmtui.core.text import masker

_WRITE_S = 30.0
_POOL_S = 5.0


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a server, as one request and those that it needs first take it."""

    http: httpx.AsyncClient
    about: About = NOBODY
    """What sentences may name."""
    connect_s: float = 10.0
    """Seconds until a connection must stand."""
    first_event_s: float | None = None
    """Seconds that the head of an answer may take, counted from when its request goes out."""
    billed: bool = False
    """Whether a server may take money for what goes out, so that it is not sent again by surprise."""
    agent: str = "fmtui"
    """The program's name and version, which support staff look at."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What the server may echo and must not be shown."""

    def for_a_token(self, about: About) -> Way:
        """Return the way of a request for a token: nothing is billed, and the host may be another."""
        whole = replace(self.about, host=about.host, key_source="", model="", secrets=about.secrets)
        return replace(self, about=whole, billed=False, first_event_s=None, secrets=about.secrets)

    @property
    def limits(self) -> httpx.Timeout:
        """The limits of the transport; there is none on how long a reply takes."""
        return httpx.Timeout(None, connect=self.connect_s, write=_WRITE_S, pool=_POOL_S)

    async def send(self, request: httpx.Request, secrets: Iterable[str] = ()) -> httpx.Response:
        """Send one request; only the headers of the response are read. No redirect is followed.

        Args:
            request: made with `limits`.
            secrets: what more the server may echo.

        Raises:
            FmtuiError: no response came.
        """
        journey = Journey()
        request.extensions = {**request.extensions, "trace": journey.trace}
        size = int(request.headers.get("Content-Length", 0))
        watch = Watch(request.method, str(request.url), self.about.endpoint, size)
        try:
            async with asyncio.timeout(self.first_event_s):
                response = await self.http.send(request, auth=None, stream=True, follow_redirects=False)
        except TimeoutError:
            watch.ended(IdleTimeoutError.kind)
            raise self._silent(journey) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            sent = journey.sent if self.billed else "partly"
            known = transport_error(error, self.about, connect_s=self.connect_s, answering=False, sent=sent)
            watch.ended(known.kind)
            raise known from error
        except BaseException as error:
            watch.ended(outcome_of(error))
            raise
        watch.answered(response, masker({*self.secrets, *secrets}))
        return response

    def _silent(self, journey: Journey) -> IdleTimeoutError:
        billed = self.billed and journey.sent != "partly"
        return IdleTimeoutError(
            f"{self.about.host} sent no answer for {duration(self.first_event_s or 0)}.",
            (NOT_AGAIN if billed else "")
            + "The model may be starting: try again, or raise first_event_timeout of the endpoint.",
            sent="whole" if billed else "partly",
        )

    @contextmanager
    def before(self, request: httpx.Request) -> Iterator[None]:
        """Enter what comes before a request goes out; when it fails, the log says that nothing did."""
        try:
            yield
        except BaseException as error:
            unsent(request.method, str(request.url), self.about.endpoint, outcome_of(error))
            raise
