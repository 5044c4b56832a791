"""Fixtures that every test may use."""

import pytest
from hypothesis import settings

# Machines are shared: how long an example takes says nothing about the program.
settings.register_profile("fmtui", deadline=None)
settings.load_profile("fmtui")


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop that the program itself runs on."""
    return "asyncio"
