"""Fixtures of the core's tests."""

from pathlib import Path

import pytest

from fmtui.core.config import Config, load
from tests.core.configuring import Write
from tests.core.counting import CountingDisk


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a configuration that only its owner can read, and load it."""

    def write_and_load(text: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return load(path)

    return write_and_load


@pytest.fixture
def disk() -> CountingDisk:
    """Make a disk whose reads are counted."""
    return CountingDisk()
