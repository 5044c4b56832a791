"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.idle import wait_for_what_is_left
from tests.sharing import collect_less, import_all, share_style_sheets, trust_few

# Machines are shared: how long an example takes says nothing about the program. The examples of
# all runs together are many: `python -m tests.fuzz` tries more at once.
settings.register_profile("fmtui", deadline=None, max_examples=30)
settings.load_profile("fmtui")

trust_few()
NOT_KNOWN = wait_for_what_is_left()

# Kept wherever Python keeps it: to prepare the assertions of all tests takes seconds in every process.
sys.dont_write_bytecode = False


def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """Import the tests once for all processes, if all tests are wanted."""
    if config.args == config.getini("testpaths"):
        from tests.forking import fork_workers  # noqa: PLC0415 - without xdist there is nothing to fork

        import_all(Path(__file__).parent)
        fork_workers(specs)


def pytest_report_header() -> str:
    """Say why it will take so long, if it will."""
    return NOT_KNOWN and f"SLOW: tests.idle does not know {NOT_KNOWN}: the framework sleeps after each key"


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test by the beginning of a long text: each report of a test holds its name."""
    if isinstance(val, str | bytes) and len(val) > 200:
        return f"{ascii(val[:40])[1:-1]} and so on for {len(val)}"
    return None


def pytest_collection_finish() -> None:
    """Have done with all that was imported for the tests."""
    share_style_sheets()
    collect_less()


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop that the program itself runs on."""
    return "asyncio"


@pytest.fixture
def young_heap() -> None:
    """Spare what is measured from collecting the rubbish of all tests before it."""
    gc.collect()
    gc.freeze()


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
