"""What is said about files and folders, and about the configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fmtui.core.config import load
from fmtui.core.doctor import Finding, parts_of, worst
from fmtui.core.doctor_files import Places, examine_config, examine_files
from fmtui.core.errors import ConfigError
from fmtui.core.sessions import SessionStore


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return places in a home that is all right."""
    home = tmp_path / "home"
    for name in ("config", "data", "state"):
        (home / name).mkdir(parents=True, mode=0o700)
    config = home / "config" / "config.toml"
    config.write_text("")
    config.chmod(0o600)
    SessionStore(home / "data" / "sessions").prepare()
    return Places(
        config, home / ".databrickscfg", home / "data", home / "state", home / "state" / "fmtui.log"
    )


def found(places: Places) -> Mapping[str, Finding]:
    """Return the gravest finding of each name."""
    findings: dict[str, Finding] = {}
    for each in examine_files(places):
        if each.name not in findings or each.level != "ok":
            findings[each.name] = each
    return findings


def test_nothing_is_wrong_in_a_good_home_and_nothing_is_made_in_an_empty_one(
    places: Places, tmp_path: Path
) -> None:
    places.log.write_text("x" * 1500)
    findings = found(places)
    assert worst(findings.values()) == "ok"
    assert findings["config"].value == f"{places.config}, 600"
    assert " free" in findings["data"].value
    assert findings["sessions"].value == "0"
    assert findings["log"].value.endswith(", 1.5 kB")
    none = tmp_path / "none" / "deep"
    empty = found(Places(none / "c.toml", none / "p", none / "d", none / "s", none / "s" / "l"))
    assert worst(empty.values()) == "ok"
    assert "made when it is needed" in empty["data"].value
    assert empty["sessions"].value == "none yet"
    assert not none.parent.exists()


def test_what_others_may_do_is_told_with_the_line_that_takes_it_away(places: Places) -> None:
    places.sessions.chmod(0o755)
    places.config.chmod(0o622)
    findings = found(places)
    assert findings["data modes"].level == "warning"
    assert findings["data modes"].mend == f"chmod -R go= {places.sessions}"
    assert findings["config"].level == "warning"
    assert findings["config"].mend == f"chmod go-w {places.config}"
    assert findings["profiles"].level == "ok"
    places.profiles.write_text("[DEFAULT]\n")
    places.profiles.chmod(0o644)
    assert found(places)["profiles"].value == f"{places.profiles}, 644"


def test_a_place_that_cannot_be_written_to_is_an_error(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = os.access

    def access(path: str | os.PathLike[str], mode: int) -> bool:
        return Path(path) != places.data and usual(path, mode)

    monkeypatch.setattr(os, "access", access)  # root may write everywhere
    data = found(places)["data"]
    assert data.level == "error"
    assert data.mend == f"chmod u+rwx {places.data}"


def test_a_file_in_the_place_of_a_folder_is_an_error(places: Places) -> None:
    places.state.rmdir()
    places.state.write_text("")
    state = found(places)["state"]
    assert state.level == "error"
    assert state.mend == f"mv {places.state} {places.state}.old"


@pytest.mark.parametrize(("free", "level"), [(10**9, "ok"), (5 * 10**7, "warning"), (10**5, "error")])
def test_a_disk_that_is_full_is_told(
    places: Places, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    usual = os.statvfs(places.data)
    values = list(usual)
    values[0], values[1], values[4] = 1, 1, free
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(values))
    assert found(places)["data"].level == level


def test_sessions_that_cannot_be_read_are_named(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("a", 'format = 1\nid = "a"\ntitle = "A"\n'), ("b b", "format = = 1\n"), ("c", "")):
        (places.sessions / f"{name}.toml").write_text(text)
    (places.sessions / "d.toml").symlink_to("/nowhere/at/all")
    findings = [each for each in examine_files(places) if each.name == "sessions"]
    assert findings[0].value == "4"
    assert findings[1].level == "error"
    assert findings[1].sentence == "d cannot be read."
    assert findings[2].level == "warning"
    assert findings[2].mend == "fmtui sessions show 'b b'"


def test_files_that_cannot_be_written_to_are_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    state = places.state / "state.toml"
    session = places.sessions / "a.toml"
    for path in (places.log, state, session):
        path.write_text('format = 1\nid = "a"\ntitle = "A"\n')
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).is_dir() or path == places.config)
    told = {each.sentence: each for each in examine_files(places) if each.level != "ok"}
    assert [each.mend for each in told.values()] == [f"chmod u+rw {p}" for p in (session, places.log, state)]
    assert {each.level for each in told.values()} == {"warning"}


def test_problems_of_the_configuration_are_errors_and_those_of_one_profile_warnings(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('default_endpoint = 3\n[endpoints.x]\nurl = "https://x.example"\nmodle = "m"\n')
    problems = load(path).problems
    assert len(problems) == 2
    profile = ConfigError(
        "Profile [p] has no host.", "Run: databricks configure", file="/home/u/.databrickscfg"
    )
    findings = list(examine_config([*problems, profile], problems))
    assert [each.level for each in findings] == ["error", "error", "warning"]
    assert findings[1].name == "endpoints.x.modle"
    assert "Did you mean" in findings[1].hint
    assert findings[2].mend == "databricks configure"
    (fine,) = examine_config([], [])
    assert fine.value == "none"


@pytest.mark.parametrize(
    ("hint", "said", "line"),
    [
        ("Run: export A=… and start fmtui again.", "", "export A=…"),
        ("Run: chmod 600 '/a b'", "", "chmod 600 '/a b'"),
        ("Install it; then run: a login (or use a personal access token).", "Install it.", "a login"),
        ("It may wait. Try: a login", "It may wait.", "a login"),
        ("Check the URL.", "Check the URL.", ""),
    ],
)
def test_the_line_of_a_hint_is_taken_out_of_it(hint: str, said: str, line: str) -> None:
    assert parts_of(hint) == (said, line)
