"""Windows and prices: who is believed, and what a reply costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fmtui.core.chat import Model, Params, Request, Turn, Usage
from fmtui.core.config import load
from fmtui.core.costs import Cost, CostFile, Spent
from fmtui.core.dialect import Dialect
from fmtui.core.endpoints import Endpoint
from fmtui.core.hints import NOTHING, Hint, Known, shipped

WORK = Endpoint(name="work", url="https://w.example", kind="databricks")
LOCAL = Endpoint(name="local", url="http://127.0.0.1:1/v1", kind="openai")
LLAMA = "databricks-meta-llama-3-3-70b-instruct"


def test_the_shipped_table_is_whole() -> None:
    table = shipped()
    assert table.date > "2026"
    assert len(table.databricks) > 60
    for name, hint in table.databricks.items():
        assert name.startswith("databricks-")
        assert hint.price_in is not None
        assert hint.price_out is not None
        assert 0 < hint.price_in <= hint.price_out
        assert hint.window is None or hint.window > 60_000


def test_models_that_databricks_hosts_are_known_under_both_of_their_names_and_only_there() -> None:
    known = Known()
    source = f"fmtui's own table of {shipped().date}, after {shipped().source}"
    assert known.of(WORK, LLAMA) == Hint(128_000, 0.5, 1.5, source=source)
    assert known.of(WORK, "system.ai.meta-llama-3-3-70b-instruct") == known.of(WORK, LLAMA)
    assert known.of(LOCAL, LLAMA) == NOTHING
    assert known.of(WORK, "our-own-model") == NOTHING


@pytest.mark.parametrize(
    "url",
    [
        "https://dbc-1.cloud.databricks.com/ai-gateway/mlflow/v1",
        "https://dbc-1.cloud.databricks.com/serving-endpoints",
        "https://123.ai-gateway.cloud.databricks.com/mlflow/v1",
        "https://proxy.example/ai-gateway/mlflow/v1",
    ],
)
async def test_models_of_a_gateways_own_address_are_known_and_it_is_not_sent_what_databricks_refuses(
    url: str,
) -> None:
    gateway = Endpoint(name="gateway", url=url, kind="openai")
    assert Known().of(gateway, LLAMA) == Known().of(WORK, LLAMA)
    assert Known().of(gateway, "system.ai.meta-llama-3-3-70b-instruct") == Known().of(WORK, LLAMA)
    asked = Request(Params(model=LLAMA), (Turn.prompt("hi"),))
    bodies = [[piece async for piece in Dialect().body(each, asked)] for each in (gateway, LOCAL)]
    fields = [set(json.loads(b"".join(pieces))) for pieces in bodies]
    assert fields[1] - fields[0] == {"stream_options"}


def test_the_configuration_is_believed_first_then_the_server_then_the_table() -> None:
    listed = Model(LLAMA, context_window=64_000, price_in=0.4, price_out=1.0)
    assert Known().of(WORK, LLAMA, listed) == Hint(64_000, 0.4, 1.0, source="the server's list of models")
    own = {LLAMA: Hint(window=32_000, price_in=1, price_out=2), f"work/{LLAMA}": Hint(window=16_000)}
    assert Known(own).of(WORK, LLAMA, listed) == Hint(16_000, 1, 2, source="your configuration")
    assert Known(own).of(LOCAL, LLAMA).window == 32_000


def test_one_source_gives_both_prices_and_a_price_that_depends_is_none() -> None:
    assert Hint(price_in=1).over(Hint(price_in=5, price_out=6)).price_out is None
    router = Model("auto", price_in=-1, price_out=-1)
    assert Known().of(LOCAL, "auto", router) == NOTHING


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(1_000_000, 2_000_000), 3.5),
        (Usage(0, 0), 0.0),
        (Usage(None, 5), None),
        (Usage(5, None), None),
        (None, None),
    ],
)
def test_what_a_reply_costs(usage: Usage | None, dollars: float | None) -> None:
    assert Known().of(WORK, LLAMA).cost(usage) == dollars
    assert NOTHING.cost(usage) is None


def test_the_configuration_tells_windows_and_prices(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        '[models.tiny]\nwindow = 4096\nprice_in = 0\nprice_out = 0.5\n[models."work/big"]\nwindow = 1000000\n'
    )
    config = load(path)
    assert config.problems == ()
    assert config.models == {"tiny": Hint(4096, price_in=0, price_out=0.5), "work/big": Hint(1_000_000)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models = 3", "models must be a table"),
        ("[models]\ntiny = 3", "models.tiny must be a table"),
        ("[models.tiny]\nwindow = 0", "models.tiny.window must be a whole number from 1"),
        ("[models.tiny]\nprice_in = -1\nprice_out = 1", "models.tiny.price_in must be a number of dollars"),
        ("[models.tiny]\nprice_in = nan\nprice_out = 1", "models.tiny.price_in must be a number of dollars"),
        ("[models.tiny]\nprice_in = 1", "models.tiny.price_out is missing"),
        ("[models.tiny]\nprize_in = 1", "there is no key models.tiny.prize_in"),
    ],
)
def test_a_wrong_price_is_said_and_not_used(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"max_tokens = 7\n{text}\n")
    config = load(path)
    (problem,) = config.problems
    assert said in problem.message
    assert all(hint == NOTHING for hint in config.models.values())
    assert len(problem.hint) < 200


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def cost(dollars: float, *, at: datetime = NOON, session: str = "s1", estimated: bool = False) -> Cost:
    return Cost(at, dollars, estimated, session, "m odd\nname")


def test_costs_add_up_by_session_and_by_day_also_from_two_windows(tmp_path: Path) -> None:
    one, other = (CostFile(tmp_path / "state" / "costs") for _ in range(2))
    for _ in range(10):
        one.add(cost(0.1))
    other.add(cost(0.000_001, session="s2", estimated=True))
    one.add(cost(5, at=NOON.replace(day=1)))
    session, day = one.of_session("s1"), other.of_day(NOON.astimezone().date())
    assert (session.dollars, session.replies, session.estimated) == (6.0, 11, False)
    assert day.dollars == pytest.approx(1.000_001)
    assert (day.replies, day.estimated) == (11, True)
    assert (tmp_path / "state" / "costs").stat().st_mode & 0o777 == 0o600


def test_a_broken_file_costs_only_its_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "costs"
    path.write_bytes(
        b"\xff\x00 no cost\n2026-11-23T12:00:00 1 exact s m\n2026-11-23T12:00:00+00:00 nan exact s1 m\n"
    )
    file = CostFile(path)
    file.add(cost(2))
    with path.open("ab") as stream:
        stream.write(b"2026-11-23T12:0")
    assert file.of_session("s1").dollars == 2
    assert CostFile(tmp_path / "none").of_session("s1").replies == 0


def test_a_line_that_was_cut_does_not_spoil_the_next_and_what_is_new_is_found(tmp_path: Path) -> None:
    path = tmp_path / "costs"
    file, other = CostFile(path), CostFile(path)
    file.add(cost(1))
    with path.open("ab") as stream:
        stream.write(b"2026-11-23T12:0")
    assert file.of_session("s1").dollars == 1
    other.add(cost(2))
    assert file.of_session("s1").dollars == 3
    assert file.of_sessions() == {"s1": Spent(3.0, 2)}
    path.unlink()
    other.add(cost(4))
    assert file.of_session("s1").dollars == 4


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fmtui.core.costs._MOST_BYTES", 2_000)
    file = CostFile(tmp_path / "costs")
    for _ in range(200):
        file.add(cost(1))
        assert (tmp_path / "costs").stat().st_size < 2_200
    assert 10 < file.of_session("s1").replies < 60
    assert [path.name for path in tmp_path.iterdir()] == ["costs"]
