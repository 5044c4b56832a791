"""The event loop: asyncio's own, but a name server that hangs never holds up leaving.

asyncio looks names up in its pool of threads and waits for those at the end, so a name
server that does not answer would keep the program for half a minute after it was left.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Loop(asyncio.SelectorEventLoop):
    """Looks each name up in a thread of its own, which nobody waits for."""

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio's name
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        """Return the addresses of a host, as `socket.getaddrinfo` does."""
        found: asyncio.Future[Any] = self.create_future()

        def tell(addresses: object, error: BaseException | None) -> None:
            if found.done():
                return  # nobody waits any more
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)

        def look_up() -> None:
            addresses, failed = None, None
            try:
                addresses = socket.getaddrinfo(host, port, family, type, proto, flags)
            except (OSError, UnicodeError) as error:
                failed = error
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self.call_soon_threadsafe(tell, addresses, failed)

        threading.Thread(target=look_up, name="fmtui-resolver", daemon=True).start()
        return await found


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do the work in a loop of this kind, as `asyncio.run` does in its own."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(work)
