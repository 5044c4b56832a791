"""Lists of models on the disk: what is kept, for whom, and what a broken file costs."""

import json
import logging
import stat
import time
from pathlib import Path

import pytest

from fmtui.core.chat import Model
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import StorageError
from fmtui.core.model_cache import (
    MOST_GONE,
    MOST_LISTS,
    MOST_MODELS,
    KnownList,
    ModelCache,
    origin_of,
)

NOW = float(int(time.time()))
ORIGIN = "openai https://x.test"
FULL = Model(
    "m\u00e9\U0001f600", "llm/v1/chat", ready=False, label="M", note="cold", context_window=128_000,
    price_in=0.5, price_out=0.0,
)  # fmt: skip


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    return ModelCache(tmp_path / "state" / "models.json")


def known(*names: str, read: float = 0.0) -> KnownList:
    """Return a list that was read so many seconds after one that is an hour old."""
    return KnownList(ORIGIN, NOW - 3600 + read, tuple(Model(name) for name in names))


def test_what_was_kept_is_there_again_with_all_that_is_known_of_a_model(cache: ModelCache) -> None:
    lists = {"work": KnownList(ORIGIN, NOW, (FULL, Model("b")), {"c": 5.0}, frozenset("b")), "a\nb": known()}
    cache.keep(lists)
    assert ModelCache(cache.path).load() == lists
    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600
    assert [path.name for path in cache.path.parent.iterdir()] == ["models.json"]


def test_without_a_file_nothing_is_known(cache: ModelCache, caplog: pytest.LogCaptureFixture) -> None:
    assert cache.load() == {}
    assert not caplog.records


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"format":2,"endpoints":{}}',
        b'{"format":1}',
        b'{"format":1,"endpoints":{"a":1}}',
        b'{"format":1,"endpoints":{"a":{"origin":1,"read":1,"gone":{},"routed":[],"models":[]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":1,"gone":{},"routed":1,"models":[]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":NaN,"gone":{},"routed":[],"models":[]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":"x","gone":{},"routed":[],"models":[]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":1,"gone":{},"routed":[],"models":[["m"]]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":1,"gone":{},"routed":[],"models":[[1,"",true,"",""]]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":1,"gone":{},"routed":[],"models":[["m","",1,"",""]]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":1,"gone":[1],"routed":[],"models":[]}}}',
        b'{"format":1,"endpoints":{"a":{"origin":"o","read":1,"gone":{},"routed":[],"models":[["m","",true,"","","9"]]}}}',
    ],
)
def test_a_broken_file_is_ignored_with_a_line_in_the_log_and_replaced(
    cache: ModelCache, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    cache.path.parent.mkdir()
    cache.path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert cache.load() == {}
    assert len(caplog.records) == 1
    assert str(cache.path) in caplog.text
    cache.keep({"work": known("a")})
    assert cache.load() == {"work": known("a")}


def test_a_folder_in_its_place_is_a_line_in_the_log_and_a_storage_error(
    cache: ModelCache, caplog: pytest.LogCaptureFixture
) -> None:
    cache.path.mkdir(parents=True)
    assert cache.load() == {}
    assert len(caplog.records) == 1
    with pytest.raises(StorageError, match="cannot be written"):
        cache.keep({"work": known("a")})


def test_lists_of_other_endpoints_and_later_ones_of_another_window_stay(cache: ModelCache) -> None:
    cache.keep({"a": known("1", read=50), "b": known("2", read=50)})
    cache.keep({"a": known("old", read=40), "b": known("new", read=60)})
    assert {name: each.models[0].name for name, each in cache.load().items()} == {"a": "1", "b": "new"}
    elsewhere = known("other", read=10)._replace(origin="openai https://y.test")
    cache.keep({"a": elsewhere})
    assert cache.load()["a"] == elsewhere, "another server by the same name"


def test_the_file_is_bounded(cache: ModelCache) -> None:
    large = tuple(Model(f"m{number}", note="x" * 1000) for number in range(MOST_MODELS - 1))
    lists = {f"e{number}": known("a", read=number) for number in range(MOST_LISTS + 20)}
    cache.keep({**lists, "large": KnownList(ORIGIN, NOW, large), "too-much": known("a", "b", read=999)})
    kept = cache.load()
    assert len(kept) <= MOST_LISTS
    assert "large" in kept
    assert len(kept["large"].models[0].note) == 300
    assert "too-much" not in kept
    assert f"e{MOST_LISTS + 19}" in kept
    cache.keep({"last year's": KnownList(ORIGIN, NOW - 365 * 86_400, (Model("a"),))})
    assert "last year's" not in cache.load()


def test_a_list_from_a_clock_that_was_ahead_is_replaced(cache: ModelCache) -> None:
    cache.keep({"a": known("ahead", read=1e9)})
    cache.keep({"a": known("now")})
    assert cache.load() == {"a": known("now")}


def test_what_a_later_list_no_longer_holds_is_remembered_as_gone() -> None:
    first = known("a", "b", read=10)
    second = first.followed_by(known("b", "c", read=20))
    assert second.gone == {"a": first.read}
    third = second.followed_by(known("a", "c", read=30))
    assert third.gone == {"b": second.read}, "what is listed again is not gone"
    many = known(*map(str, range(500)), read=40)
    assert len(many.followed_by(known("x", read=50)).gone) == MOST_GONE


def test_a_list_belongs_to_the_origin_and_holds_nothing_else_of_a_url(cache: ModelCache) -> None:
    endpoint = Endpoint("work", "https://ann:CANARY1@Host.test:8443/p/CANARY2/v1?key=CANARY3#CANARY4")
    assert origin_of(endpoint) == "openai https://host.test:8443"
    assert origin_of(Endpoint("work", "https://host.test", "databricks")) == "databricks https://host.test"
    assert origin_of(Endpoint("work", "http://[::1]:99999/v1")) == "openai http://::1"
    cache.keep({"work": KnownList(origin_of(endpoint), NOW, (Model("a"),))})
    cache.keep(
        {"own": KnownList(origin_of(endpoint), NOW, (Model("a", url="https://x/?CANARY", id="CANARY"),))}
    )
    assert "CANARY" not in cache.path.read_text()


def test_no_text_of_a_model_breaks_the_file(cache: ModelCache) -> None:
    odd = (Model('a]},"b', label="x]},"), Model('"'), Model("\x1b[2J"))
    cache.keep({"one": KnownList(ORIGIN, NOW, odd), 'two]},"': known("a")})
    assert cache.load() == {"one": KnownList(ORIGIN, NOW, odd), 'two]},"': known("a")}


def test_a_name_with_half_a_character_can_be_kept(cache: ModelCache) -> None:
    cache.keep({"work": known("m\ud83d")})
    assert json.loads(cache.path.read_text())["endpoints"]["work"]["models"][0][0] == "m\ufffd"
