"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Machines are shared: how long an example takes says nothing about the program.
settings.register_profile("fmtui", deadline=None)
settings.load_profile("fmtui")

# Kept wherever Python keeps it: to prepare the assertions of all tests takes seconds in every process.
sys.dont_write_bytecode = False


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop that the program itself runs on."""
    return "asyncio"


@pytest.fixture
def young_heap() -> Iterator[None]:
    """Spare what is measured from collecting the rubbish of all tests before it."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _log_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Keep what tests do out of the log of whoever runs them, and out of each other's."""
    if "XDG_STATE_HOME" not in os.environ:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
    logger = logging.getLogger("fmtui")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)
    logger.propagate = propagate
