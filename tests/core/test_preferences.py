"""Settings: which of four places says it, and what comes next to a value."""

from pathlib import Path

import pytest

from fmtui.core.config import load
from fmtui.core.preferences import PREFERENCES, configured, settled, stepped
from fmtui.core.state import State, StateFile

BY_NAME = {each.name: each for each in PREFERENCES}


def test_the_command_line_goes_first_then_the_configuration_then_what_was_chosen() -> None:
    everywhere = {"width": "60"}, {"width": "72"}, {"width": "80"}
    assert settled(*everywhere)["width"] == ("60", "command line")
    assert settled({}, *everywhere[1:])["width"] == ("72", "configuration")
    assert settled({}, {}, everywhere[2])["width"] == ("80", "chosen here")
    assert settled({}, {}, {})["width"] == ("100", "default")
    assert settled({}, {}, {"width": "81", "mouse": "maybe"}) == settled({}, {}, {})  # of another version
    assert settled({}, {}, {"theme": "mine"})["theme"] == ("mine", "chosen here")


def test_what_the_configuration_says_counts_also_when_it_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        'theme = "x"\n[view]\nwidth = 90\nfollow = true\n[terminal]\nmouse = false\nlow_bandwidth = "auto"\n'
    )
    config = load(path)
    assert not config.problems
    assert configured(config) == {
        "theme": "x",
        "width": "90",
        "follow": "on",
        "mouse": "off",
        "low_bandwidth": "auto",
    }
    path.write_text('[view]\nwidth = 5\ncode = "monokay"\nfolow = true\n')
    told = "\n".join(map(str, load(path).problems))
    for words in (
        'line 2: view.width must be a number of columns from 20 to 1000, or "whole", not 5',
        "Did you mean monokai?",
        "there is no key view.folow. Did you mean follow?",
    ):
        assert words in told
    assert configured(load(path)) == {}


@pytest.mark.parametrize(
    ("name", "value", "by", "expected"),
    [
        ("mouse", "on", 1, "off"),
        ("mouse", "on", -1, "off"),
        ("low_bandwidth", "auto", -1, "off"),
        ("width", "100", 1, "120"),
        ("width", "whole", 1, "60"),
        ("width", "90", 1, "100"),
        ("width", "90", -1, "80"),
        ("width", "500", 1, "whole"),
        ("code", "gone", 1, "theme"),
    ],
)
def test_the_next_value(name: str, value: str, by: int, expected: str) -> None:
    assert stepped(BY_NAME[name], value, by) == expected


def test_what_was_chosen_is_kept_beside_the_rest(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    file.save(State(endpoint="a", settings={"width": "80"}))
    assert file.load().settings == {"width": "80"}
    file.path.write_text('endpoint = "a"\nsettings = { width = 3, mouse = "off" }\n')
    assert file.load().settings == {"mouse": "off"}
