"""What replies cost: noted, shown below the reply, in the status line and in full."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from fmtui.core.chat import Model
from fmtui.core.costs import Cost, CostFile
from fmtui.core.endpoints import Endpoint
from fmtui.core.hints import Hint, Known
from fmtui.core.sessions import SessionStore
from fmtui.core.text import money
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)

SIZE = (110, 30)
PRICED = Known({"m1": Hint(price_in=300, price_out=1_500)})


def answers(count: int = 1, prompt: int = 7, tokens: int = 3) -> ScriptedTransport:
    return ScriptedTransport(
        *(Answer([chat(f"answer-{n}"), finish(prompt=prompt, answer=tokens)]) for n in range(count))
    )


def services(folder: Path, known: Known = PRICED, path: Path | None = None) -> dict[str, Any]:
    file = CostFile(path or folder / "state" / "costs")

    def of(endpoint: Endpoint, model: str, listed: Model | None) -> Hint:
        return known.of(endpoint, model, listed)

    return {"known": of, "open_costs": lambda: file}


async def test_a_cost_is_below_its_reply_in_the_status_line_and_in_the_files(tmp_path: Path) -> None:
    earlier = CostFile(tmp_path / "state" / "costs")
    now = datetime.now(UTC)
    earlier.add(Cost(now, 1.0, estimated=False, session="another", model="m1"))
    earlier.add(Cost(now - timedelta(days=3), 9.0, estimated=False, session="another", model="m1"))
    async with app(tmp_path, answers(2), **services(tmp_path)).run_test(size=SIZE) as pilot:
        await until(pilot, "$1.00 today")
        await say(pilot, "one")
        await until(pilot, "7 + 3 tokens · $0.0066")
        await until(pilot, "max_tokens 2048 · $0.0066 · $1.01 today")
        await say(pilot, "two")
        await until(pilot, "answer-1")
        await until(pilot, "$0.013 · $1.01 today")
        await say(pilot, "/cost")
        await until(pilot, "last reply")
        shown = screen_text(pilot)
        assert "$0.0066 · 7 + 3 tokens" in shown
        assert "$0.013 · 2 replies" in shown
        assert "$300/1500 for a million tokens" in shown
        assert "your configuration" in shown
        assert "caches" in shown
        await pilot.press("escape")
    store = SessionStore(tmp_path / "sessions")
    (head,) = store.heads()
    session = store.open(head.id, write=False)
    assert [turn.cost for turn in session.all_turns()] == [None, 0.0066, None, 0.0066]
    assert CostFile(tmp_path / "state" / "costs").of_session(head.id).dollars == 0.0132


async def test_nothing_is_said_where_no_price_is_known(tmp_path: Path) -> None:
    async with app(tmp_path, answers(), **services(tmp_path, Known())).run_test(size=(80, 24)) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, "7 + 3 tokens")
        assert "$" not in screen_text(pilot)
        await say(pilot, "/cost")
        await until(pilot, "not known, so nothing is counted")
        assert '[models."m1"]' in screen_text(pilot)
        assert "nothing that is known" in screen_text(pilot)
    assert not (tmp_path / "state" / "costs").exists()


async def test_a_price_of_the_servers_list_counts_and_is_named(tmp_path: Path) -> None:
    listing = {"data": [{"id": "m1", "pricing": {"prompt": "0.001", "completion": "0.002"}}]}
    endpoint = Endpoint("router", "https://router.invalid/v1", "openai", source="test", model="m1")
    transport = ScriptedTransport(Answer([chat("x"), finish()]), listing=listing)
    more = services(tmp_path, Known())
    async with app(tmp_path, transport, endpoints=(endpoint,), **more).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await until(pilot, lambda: bool(chat_screen(pilot)._lists.listed(endpoint, "m1")))
        await say(pilot, "one")
        await until(pilot, "7 + 3 tokens · $0.013")
        await say(pilot, "/cost")
        await until(pilot, "the server's list of models")


async def test_a_guessed_count_makes_a_guessed_cost(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 7}
    tail = b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\ndata: [DONE]\n\n"
    transport = ScriptedTransport(Answer([chat("four"), tail]))
    async with app(tmp_path, transport, **services(tmp_path)).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, "~$0.0036")
        await until(pilot, "~$0.0036 · ~$0.0036 today")


def told(pilot: Pilot[None]) -> int:
    return sum("could not be noted" in words for words in notices(pilot))


async def test_a_disk_that_refuses_costs_is_said_once_and_the_turns_are_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    more = services(tmp_path, path=tmp_path / "file" / "costs")
    async with app(tmp_path, answers(2), **more).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, lambda: told(pilot) == 1)
        await say(pilot, "two")
        await until(pilot, lambda: screen_text(pilot).count("7 + 3 tokens") == 2)
        assert told(pilot) == 1
        assert "NOT SAVED" not in screen_text(pilot)


def test_amounts_have_the_figures_that_matter() -> None:
    amounts = (0, 1e-7, 0.000_012, 0.0042, 0.0123, 0.0999, 0.12, 1.3, 1_234.5)
    shown = ["$0", "<$0.00001", "$0.000012", "$0.0042", "$0.012", "$0.10", "$0.12", "$1.30", "$1,234.50"]
    assert [money(amount) for amount in amounts] == shown
