"""Switching models in the app: lists from the disk and from servers, stars, and what a conversation shows."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.pilot import Pilot

from fmtui.core.chat import Model
from fmtui.core.demo import DemoTransport
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import CredentialError
from fmtui.core.model_cache import KnownList, ModelCache, origin_of
from fmtui.core.state import State, StateFile
from fmtui.ui.app import FmtuiApp
from fmtui.ui.chat_switching import age_of
from fmtui.ui.model_switcher import ModelSwitcher
from fmtui.ui.rows import RowList
from tests.ui.rig import (
    Answer,
    QuietClient,
    ScriptedTransport,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    setup,
    until,
)

WORK = Endpoint("work", "https://work.test", "databricks", source="config.toml", model="m1")
LAB = Endpoint("lab", "https://lab.test", "databricks", source="profile lab")
DAY = 86_400


class Server(ScriptedTransport):
    """Lists its models once the gate is open, with a status."""

    def __init__(self, *answers: Answer, models: tuple[str, ...] = (), status: int = 200) -> None:
        super().__init__(
            *answers, listing={"endpoints": [{"name": n, "task": "llm/v1/chat"} for n in models]}
        )
        self.status = status
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            return await super().handle_async_request(request)
        await self.gate.wait()
        return httpx.Response(
            self.status, json=self.listing if self.status == 200 else {"message": "Go away"}
        )


def app(folder: Path, servers: Mapping[str, httpx.AsyncBaseTransport], **more: Any) -> FmtuiApp:
    transports = {**servers, DEMO.name: DemoTransport()}
    made = setup(folder, ScriptedTransport(), endpoints=(WORK, LAB), **more)
    return FmtuiApp(replace(made, connect=lambda: QuietClient(transports=transports, environ={})))


def cache(folder: Path) -> ModelCache:
    return ModelCache(folder / "state" / "models.json")


def listed(endpoint: Endpoint, *names: str, days: float = 0.0) -> KnownList:
    return KnownList(
        origin_of(endpoint),
        float(round(time.time() - days * DAY)),
        tuple(Model(n, "llm/v1/chat") for n in names),
    )


def rows(pilot: Pilot[None]) -> list[str]:
    return [row.text for row in pilot.app.screen.query_one(RowList).rows]


async def test_the_list_opens_from_the_disk_and_is_renewed_behind_without_moving_the_cursor(
    tmp_path: Path,
) -> None:
    cache(tmp_path).keep({"work": listed(WORK, "m1", "m2", days=3), "lab": listed(LAB, "x1", days=3)})
    work, lab = Server(models=("m0", "m1", "m2", "m3")), Server(models=("x1",))
    work.gate.clear()
    lab.gate.clear()
    async with app(tmp_path, {"work": work, "lab": lab}).run_test(size=(120, 40)) as pilot:
        await until(pilot, "2 offered")
        await pilot.press("f5")
        await until(pilot, "asking 2 endpoints…")
        await until(pilot, lambda: "demo-cold" in rows(pilot))
        assert rows(pilot)[:3] == ["m1", "m2", "x1"]
        assert "list 3 days old, asking again…" in screen_text(pilot)
        await pilot.press("down")
        listing = pilot.app.screen.query_one(RowList)
        work.gate.set()
        lab.gate.set()
        await until(pilot, lambda: rows(pilot)[:5] == ["m1", "m0", "m2", "m3", "x1"])
        assert listing.current is not None
        assert listing.current.text == "m2"
        assert "days old" not in screen_text(pilot)
        await until(pilot, lambda: len(cache(tmp_path).load()["work"].models) == 4)
        await pilot.press("enter")
        await until(pilot, lambda: chat_screen(pilot)._choices.params.model == "m2")


async def test_a_server_that_fails_keeps_the_list_there_was_and_says_why(tmp_path: Path) -> None:
    cache(tmp_path).keep({"lab": listed(LAB, "x1", "x2", days=0.1)})
    elsewhere = listed(replace(WORK, url="https://other.test"), "not-of-this-server")
    cache(tmp_path).keep({"work": elsewhere})
    async with app(tmp_path, {"work": Server(status=403), "lab": Server(status=500)}).run_test(
        size=(120, 40)
    ) as pilot:
        await until(pilot, "Go away")
        await pilot.press("f5")
        await until(pilot, "lab: Go away (list 2 h old)")
        assert rows(pilot)[:3] == ["m1", "x1", "x2"]
        assert "work: Go away ·" in screen_text(pilot)
        await pilot.press(*"anything", "down")
        assert "use “anything”" in rows(pilot)
    assert cache(tmp_path).load() == {"lab": cache(tmp_path).load()["lab"], "work": elsewhere}


async def test_a_broken_file_of_lists_is_ignored_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = cache(tmp_path).path
    path.parent.mkdir(parents=True)
    path.write_text("{")
    servers = {"work": Server(models=("m1", "m2")), "lab": Server()}
    async with app(tmp_path, servers).run_test(size=(100, 30)) as pilot:
        await until(pilot, "2 offered")
        await until(pilot, lambda: list(cache(tmp_path).load()) == ["work"])
    assert "are broken, so they are not used" in caplog.text


async def test_a_model_that_is_no_longer_listed_is_grey_and_has_to_be_chosen_twice(tmp_path: Path) -> None:
    cache(tmp_path).keep({"work": listed(WORK, "m1", "old-one", days=40)})
    StateFile(tmp_path / "state" / "state.toml").save(
        State("work", recent=(("work", "old-one"), ("work", "by-hand"), ("no-endpoint", "x")))
    )
    servers = {"work": Server(models=("m1", "new-one")), "lab": Server()}
    async with app(tmp_path, servers).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: chat_screen(pilot)._lists.listing(WORK).asked)
        await pilot.press("f5")
        await until(pilot, lambda: len(rows(pilot)) > 4)
        assert rows(pilot)[:4] == ["m1", "old-one", "by-hand", "new-one"]
        listing = pilot.app.screen.query_one(RowList)
        assert [row.dim for row in listing.rows[:4]] == [False, True, False, False]
        await pilot.press("down")
        assert "retired or renamed" in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, "Enter again uses it all the same")
        await pilot.press("down", "up")
        assert "Enter again" not in screen_text(pilot), "going elsewhere takes it back"
        await pilot.press("enter", "enter")
        await until(pilot, lambda: chat_screen(pilot)._choices.params.model == "old-one")


async def test_stars_and_what_was_used_last_come_first_the_next_time(tmp_path: Path) -> None:
    servers = {"work": Server(models=("m1", "m2", "m3", "m4", "m5")), "lab": Server(models=("x1",))}
    async with app(tmp_path, servers).run_test(size=(100, 30)) as pilot:
        await until(pilot, "5 offered")
        await pilot.press("f5")
        await until(pilot, lambda: "x1" in rows(pilot))
        await pilot.press(*"m4", "ctrl+t")
        assert "★ m4" in screen_text(pilot)
        assert isinstance(pilot.app.screen, ModelSwitcher), "a star chooses nothing"
        await pilot.press("backspace", "backspace", *"x1", "enter")
        await until(pilot, lambda: chat_screen(pilot)._choices.params.endpoint == "lab")
        await pilot.press("f5")
        await until(pilot, lambda: "m5" in rows(pilot))
        assert rows(pilot)[:4] == ["x1", "m1", "m4", "m2"]
        assert "•" in screen_text(pilot)
        await pilot.press("ctrl+t", "escape")
        await pilot.press("ctrl+q")
    state = StateFile(tmp_path / "state" / "state.toml").load()
    assert state.favourites == (("lab", "x1"), ("work", "m4"))
    assert state.recent == (("lab", "x1"), ("work", "m1"))


async def test_a_reply_goes_on_with_its_model_while_another_is_chosen_and_the_next_has_the_history(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    first = asyncio.Event()
    work = Server(Answer([first, chat("Butter"), gate, chat(" and sugar."), finish()]), models=("m1",))
    lab = Server(Answer([chat("And flour."), finish()]), models=("x1",))
    async with app(tmp_path, {"work": work, "lab": lab}).run_test(size=(100, 30)) as pilot:
        await until(pilot, "1 offered")
        await say(pilot, "What is in cookies?")
        await until(pilot, "waiting for m1")
        await pilot.press("f5", *"x1")
        await until(pilot, lambda: rows(pilot)[0] == "x1")
        await pilot.press("enter")
        await until(pilot, lambda: chat_screen(pilot)._choices.params.model == "x1")
        await until(pilot, "waiting for m1")
        first.set()
        await until(pilot, "Butter")
        gate.set()
        await until(pilot, "Butter and sugar.")
        await until(pilot, " · stop · ")
        await say(pilot, "What else?")
        await until(pilot, "And flour.")
        text = screen_text(pilot)
        assert "● m1  work" in text
        assert "● x1  lab" in text
    assert [json.loads(r.content)["messages"] for r in lab.requests] == [
        [
            {"role": "user", "content": "What is in cookies?"},
            {"role": "assistant", "content": "Butter and sugar."},
            {"role": "user", "content": "What else?"},
        ]
    ]
    assert "/serving-endpoints/x1/" in str(lab.requests[0].url)


async def test_a_name_behind_the_command_is_taken_whose_ever_it_is_unless_it_is_unready(
    tmp_path: Path,
) -> None:
    known = listed(LAB, "x1", days=1)
    cache(tmp_path).keep({"lab": known._replace(models=(*known.models, Model("x9", ready=False)))})
    servers = {"work": Server(models=("m1", "m2")), "lab": Server(models=("x1",))}
    async with app(tmp_path, servers).run_test(size=(100, 30)) as pilot:
        params = chat_screen(pilot)._choices
        await until(pilot, "2 offered")
        await say(pilot, "/model m2")
        await until(pilot, lambda: params.params.model == "m2")
        await say(pilot, "/model never-listed")
        await until(pilot, lambda: params.params.model == "never-listed")
        await until(pilot, "work does not list never-listed; it is tried all the same.")
        # A prompt that is typed right behind it is one, whatever the list would have made of it.
        await say(pilot, "/model x1")
        await until(pilot, lambda: params.params.endpoint == "lab")
        assert params.params.model == "x1"
        await until(pilot, "lab is asked from now on: x1 is its model.")
        await say(pilot, "/model x9")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelSwitcher))
        await until(pilot, "retired or renamed")
        await pilot.press("escape")
        assert params.params.model == "x1"


async def test_a_prompt_waits_for_no_list_where_the_kept_one_holds_the_model(tmp_path: Path) -> None:
    kept = listed(WORK, "m1", "m2", days=1)._replace(routed=frozenset({"m2"}))
    cache(tmp_path).keep({"work": kept})
    work = Server(*[Answer([chat(text), finish()]) for text in ("At once.", "Later.")], models=("m1", "m2"))
    work.gate.clear()
    async with app(tmp_path, {"work": work, "lab": Server()}).run_test(size=(100, 30)) as pilot:
        await until(pilot, "2 offered")
        await say(pilot, "Go")
        await until(pilot, "At once.")
        chat_screen(pilot)._choices.choose_model("work", "m2")
        await say(pilot, "And this has an address of its own")
        await until(pilot, "sending")
        assert len(work.requests) == 1
        work.gate.set()
        await until(pilot, "Later.")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(5, "1 min"), (300, "5 min"), (5399, "90 min"), (7200, "2 h"), (90_000, "25 h"), (3 * DAY, "3 days")],
)
def test_an_age_is_told_in_words(seconds: float, shown: str) -> None:
    assert age_of(seconds) == shown


async def test_a_sign_in_that_fails_is_told_with_what_mends_it_wherever_a_model_is_missed(
    tmp_path: Path,
) -> None:
    mends = "databricks auth login --profile lab"

    class NoToken(Server):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            del request
            words = "The Databricks CLI gave no token (exit status 1): a new access token could not be had."
            raise CredentialError(words, f"To log in, run: {mends}")

    servers = {"work": Server(models=("m1",)), "lab": NoToken()}
    async with app(tmp_path, servers, endpoint="lab").run_test(size=(80, 24)) as pilot:
        await until(pilot, mends)
        await say(pilot, "hello")
        await until(pilot, "No model is chosen; F5 lists them, or type a name there.")
        assert screen_words(pilot).count(mends) == 1, "the notice does not say it again"
        await pilot.press("f5")
        await until(pilot, lambda: "m1" in rows(pilot) and mends in screen_words(pilot))


async def test_a_prompt_that_comes_before_the_list_says_what_is_waited_for(tmp_path: Path) -> None:
    lab = Server(Answer([chat("there"), finish()]), models=("x1",))
    lab.gate.clear()
    servers = {"work": Server(models=("m1",)), "lab": lab}
    async with app(tmp_path, servers, endpoint="lab").run_test(size=(80, 24)) as pilot:
        await say(pilot, "hello")
        words = "lab is still asked for its models: wait a moment, or type a name with F5."
        await until(pilot, lambda: words in notices(pilot))
        lab.gate.set()
        await until(pilot, "x1")
        await pilot.press("enter")
        await until(pilot, "there")


def screen_words(pilot: Pilot[None]) -> str:
    """Return what is on the screen, put together where it is wrapped."""
    return " ".join(screen_text(pilot).replace("│", " ").split())
