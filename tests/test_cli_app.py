"""What `fmtui` without a command opens, and what it refuses to open."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmtui.core.errors import ConfigError, UsageError
from fmtui.workbench import Workbench
from tests.command import Home
from tests.terminal import Terminal

CONFIG = '[endpoints.Work]\nurl = "http://127.0.0.1:9/v1"\nmodel = "m"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder with one endpoint."""
    home = Home(tmp_path)
    home.configure(text=CONFIG)
    return home


def workbench(home: Home) -> Workbench:
    return Workbench(home.environ, home.folder)


def test_an_endpoint_that_does_not_exist_opens_no_other_one(home: Home) -> None:
    with Terminal(home.command("-e", "wrok"), home.environ) as terminal:
        assert terminal.wait() == 2
        assert "There is no endpoint “wrok”." in terminal.text
        assert "Did you mean Work?" in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw


def test_the_name_of_an_endpoint_is_found_whatever_its_capitals(home: Home) -> None:
    assert workbench(home).endpoints_for_app("work")[1] == "Work"
    assert workbench(home).endpoints_for_app("")[1] == ""


def test_a_server_on_this_machine_can_be_named_before_it_was_looked_for(home: Home) -> None:
    endpoints, name = workbench(home).endpoints_for_app("ollama")
    assert name == "ollama"
    assert [endpoint.name for endpoint in endpoints] == ["Work", "ollama", "demo"]


def test_a_slip_in_the_configuration_is_named_where_it_hides_the_endpoint(home: Home) -> None:
    home.configure(text=CONFIG + "colour = 1\n[endpoints.other]\n")
    with pytest.raises(ConfigError, match=r"endpoints\.other has neither url nor profile"):
        workbench(home).endpoints_for_app("other")
    with pytest.raises(UsageError, match="There is no endpoint “third”") as refused:
        workbench(home).endpoints_for_app("third")
    assert "config.toml" in refused.value.hint
