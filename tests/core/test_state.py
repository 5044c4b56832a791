"""What the program remembers between two runs."""

import os
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fmtui.core.errors import StorageError
from fmtui.core.session_disk import Disk
from fmtui.core.state import State, StateFile

FULL = State(
    endpoint="work",
    models={"work": "databricks-x", "a.b c": "m\u00e9\U0001f600"},
    sidebar_open=False,
    sidebar_width=32,
    theme="nord",
    recent=(("work", "databricks-x"), ("a.b c", "m\u00e9")),
    favourites=(("work", "b"),),
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    for state in (FULL, State()):
        file.save(state)
        assert StateFile(file.path).load() == state


def test_the_demo_is_no_reason_to_pass_by_an_endpoint_that_answers(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    file.path.write_text('endpoint = "demo"\ntheme = "nord"\n', "utf-8")
    assert file.load() == State(theme="nord")


def test_without_a_file_the_state_is_empty() -> None:
    assert StateFile(Path("/nowhere/at/all")).load() == State()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"endpoint = ",
        b"\xff\xfe\x00",
        b"endpoint = 3\ntheme = []\nsidebar_width = true\nmodels = 1\nsidebar_open = 'x'",
        b"sidebar_width = -4\nmodels = { a = 1 }",
        b"x = " + b"[" * 5000,
        b"recent = 'x'\nfavourites = [1, ['a'], ['a', 2], ['a', 'b', 'c']]",
    ],
)
def test_a_broken_file_counts_as_empty_and_can_be_saved_over(tmp_path: Path, content: bytes) -> None:
    file = StateFile(tmp_path / "state.toml")
    file.path.write_bytes(content)
    assert file.load() == State()
    file.save(FULL)
    assert file.load() == FULL


def test_only_so_many_models_are_remembered_each_once(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    many = tuple(("work", f"m{number % 30}") for number in range(1000))
    file.save(State(recent=many, favourites=many))
    loaded = file.load()
    assert loaded.recent == many[:20]
    assert loaded.favourites == many[:30]


def test_two_windows_do_not_undo_what_the_other_did_to_a_list(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    a, b, c, d = (("work", name) for name in "abcd")
    start = State(favourites=(a, b))
    file.save(start)
    file.update(start, State(favourites=(c, a)))  # one window takes b away and adds c
    file.update(start, State(favourites=(d, a, b)))  # the other adds d
    assert file.load().favourites == (d, a, c)
    file.path.unlink()
    file.update(start, State(favourites=(d, a, b)))
    assert file.load().favourites == (d, a, b), "a file that is lost takes nothing away"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in another process"])
def test_what_is_set_while_the_rest_is_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, elsewhere: bool
) -> None:
    file = StateFile(tmp_path / "state.toml")
    file.save(State(endpoint="a"))
    # Another process shares no lock in memory, and neither do two of these.
    setter = StateFile(file.path) if elsewhere else file
    setting = threading.Thread(target=setter.set, args=("width", "72"))
    written = Disk.replace

    def replaced(self: Disk, path: Path, data: bytes, **rest: Any) -> Any:
        if not setting.ident:
            setting.start()  # it has to wait
            setting.join(0.05)
        return written(self, path, data, **rest)

    monkeypatch.setattr(Disk, "replace", replaced)
    file.update(State(endpoint="a"), State(endpoint="b"))
    setting.join()
    assert (file.load().endpoint, file.load().settings) == ("b", {"width": "72"})


def test_a_window_keeps_what_it_changed_and_what_another_did_of_the_rest(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    start = State(endpoint="a", models={"a": "m", "b": "n"}, settings={"width": "80"})
    file.save(start)
    other = replace(start, endpoint="b", models={"a": "m", "b": "o"}, theme="nord", sidebar_width=40)
    file.update(start, other)
    file.set("width", "72")
    file.set("code", "plain")
    file.update(start, replace(start, models={"a": "x", "b": "n"}, sidebar_open=False))
    assert file.load() == State(
        endpoint="b",
        models={"a": "x", "b": "o"},
        theme="nord",
        sidebar_open=False,
        sidebar_width=40,
        settings={"width": "72", "code": "plain"},
    )
    file.set("width", "")
    file.set("theme", "")
    assert (file.load().settings, file.load().theme) == ({"code": "plain"}, "")
    file.path.unlink()
    file.update(start, other)
    assert file.load().models == other.models, "a file that is lost takes nothing away"


def test_only_the_owner_can_read_the_file_and_its_folder(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "new" / "state.toml")
    file.save(FULL)
    assert mode(file.path) == 0o600
    assert mode(file.path.parent) == 0o700
    assert [path.name for path in file.path.parent.iterdir()] == ["state.toml"]


def test_a_link_made_by_the_user_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "state.toml"
    link.symlink_to(tmp_path / "real" / "kept.toml")
    StateFile(link).save(FULL)
    assert link.is_symlink()
    assert StateFile(tmp_path / "real" / "kept.toml").load() == FULL


def test_half_a_surrogate_in_a_model_name_does_not_prevent_saving(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    file.save(State(endpoint="a", models={"a": "m\ud83d"}))
    assert file.load().endpoint == "a"


def test_a_save_that_fails_says_so_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = StateFile(tmp_path / "state.toml")
    file.save(FULL)

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(StorageError, match="No space left") as caught:
        file.save(State())
    assert str(file.path) in caught.value.message
    assert caught.value.hint
    assert file.load() == FULL
    assert [path.name for path in tmp_path.iterdir()] == ["state.toml"]


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        StateFile(tmp_path / "file" / "state.toml").save(FULL)
