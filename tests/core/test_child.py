"""Programs that print tokens: what is left of one that had to be killed."""

from __future__ import annotations

import asyncio
from asyncio.base_subprocess import BaseSubprocessTransport

import pytest

from fmtui.core.child import run


async def test_how_a_killed_program_ended_is_known_before_its_pipes_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Closing them takes the status from whoever else waits for it, who then complains on the terminal."""
    known: list[int | None] = []
    close = BaseSubprocessTransport.close

    def noted(self: BaseSubprocessTransport) -> None:
        known.append(self.get_returncode())
        close(self)

    monkeypatch.setattr(BaseSubprocessTransport, "close", noted)
    with pytest.raises(TimeoutError):
        await run(("sleep", "60"), {"PATH": "/usr/bin:/bin"}, 0.01)
    asking = asyncio.create_task(run(("sleep", "60"), {"PATH": "/usr/bin:/bin"}, 60))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert known
    assert set(known) == {-9}
