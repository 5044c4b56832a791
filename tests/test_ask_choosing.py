"""Which endpoint, model, mode and parameters a command means when it does not say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fmtui import choosing
from fmtui.choosing import choose_endpoint, choose_mode, choose_model, endpoint_of, params_for, unused
from fmtui.core.chat import DEFAULT_MAX_TOKENS, Mode, Model, Params
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import ConfigError, ConnectError, FmtuiError, UsageError
from fmtui.core.state import State
from fmtui.options import Options
from fmtui.workbench import Workbench, nearest

WORK = Endpoint("work", "https://dbc.cloud.databricks.com", "databricks")
HOME = Endpoint("home", "http://127.0.0.1:8000/v1", "openai")
OLLAMA = Endpoint("ollama", "http://127.0.0.1:11434/v1")


@dataclass
class Around:
    """What a client would find, and how often it was asked."""

    listed: Sequence[Model] = ()
    local: Sequence[Endpoint] = ()
    error: FmtuiError | None = None
    hangs: bool = False
    asked: int = 0

    async def models(self, endpoint: Endpoint) -> list[Model]:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return list(self.listed)

    async def local_servers(self) -> list[Endpoint]:
        self.asked += 1
        return list(self.local)


async def endpoint_for(
    around: Around | None = None,
    *,
    asked: str = "",
    used: str = "",
    default: str = "",
    remembered: str = "",
    offered: Sequence[Endpoint] = (WORK, HOME, DEMO),
) -> str:
    found = await choose_endpoint(
        offered, around or Around(), asked=asked, used=used, default=default, remembered=remembered
    )
    return found.name


# ---- endpoint ---------------------------------------------------------------


async def test_what_was_typed_wins_then_the_session_the_configuration_and_the_app() -> None:
    assert await endpoint_for(asked="HOME", used="work", default="work", remembered="work") == "home"
    assert await endpoint_for(used="home", default="work", remembered="work") == "home"
    assert await endpoint_for(default="home", remembered="work") == "home"
    assert await endpoint_for(remembered="home") == "home"
    assert await endpoint_for() == "work"


async def test_what_is_gone_is_passed_over_unless_it_was_named() -> None:
    assert await endpoint_for(used="gone", remembered="gone") == "work"
    with pytest.raises(UsageError, match="There is no endpoint “hone”") as typed:
        await endpoint_for(asked="hone")
    assert "Did you mean home?" in typed.value.hint
    with pytest.raises(ConfigError) as configured:
        await endpoint_for(default="hone")
    assert "Did you mean home?" in configured.value.hint


async def test_local_servers_are_looked_for_only_when_nothing_else_fits() -> None:
    around = Around(local=[OLLAMA])
    assert await endpoint_for(around) == "work"
    assert around.asked == 0
    assert await endpoint_for(around, asked="ollama") == "ollama"
    assert await endpoint_for(around, offered=(DEMO,)) == "ollama"
    assert await endpoint_for(Around(), offered=(DEMO,)) == "demo"


async def test_who_names_an_endpoint_that_is_missing_is_told_which_file_is_broken(tmp_path: Path) -> None:
    (tmp_path / ".databrickscfg").write_text("host = https://w.example\n[ci]\nhost = https://ci.example\n")
    bench, told = Workbench({}, tmp_path), list[ConfigError]()

    async def chosen(asked: str) -> Endpoint:
        told.clear()
        return await endpoint_of(bench, Around(), asked=asked, used="", remembered="", tell=told.append)

    with pytest.raises(UsageError, match="There is no endpoint “ci”"):
        await chosen("ci")
    assert [(problem.file, problem.line) for problem in told] == [(str(tmp_path / ".databrickscfg"), 1)]
    assert await chosen("demo") == bench.endpoints[-1]
    assert told == [], "it is nothing to those who look for another"
    with pytest.raises(UsageError, match=r"There is no endpoint “ci”.*line 1"):
        bench.endpoints_for_app("ci")


def test_the_nearest_names_come_first_and_not_all_of_a_hundred() -> None:
    hint = nearest("model-7", [f"other-{n}" for n in range(100)] + ["model-77"])
    assert hint.startswith("Did you mean model-77? There are: model-77, ")
    assert "more." in hint
    assert nearest("x", []) == ""


# ---- model ------------------------------------------------------------------


async def test_the_model_falls_back_without_asking_the_server() -> None:
    around = Around()

    async def name(options: Options, base: Params | None, endpoint: Endpoint, state: State) -> str:
        return (await choose_model(options, base, endpoint, state, around)).name

    own = replace(HOME, model="configured")
    base = Params("home", "used")
    state = State(models={"home": "remembered"})
    assert await name(Options(model="typed"), base, own, state) == "typed"
    assert await name(Options(), base, own, state) == "used"
    assert await name(Options(), replace(base, endpoint="work"), own, state) == "configured"
    assert await name(Options(), None, HOME, state) == "remembered"
    assert await name(Options(), None, replace(HOME, models=("only",)), State()) == "only"
    assert around.asked == 0


async def test_the_only_model_of_a_server_is_taken_and_one_of_several_is_not_guessed() -> None:
    one = Around([Model("only"), Model("cold", ready=False)])
    assert await choose_model(Options(), None, HOME, State(), one) == Model("only")
    with pytest.raises(UsageError) as caught:
        await choose_model(Options(), None, HOME, State(), Around([Model("a"), Model("b")]))
    assert "a, b" in caught.value.hint
    with pytest.raises(UsageError):
        await choose_model(Options(), None, HOME, State(), Around())


# ---- mode -------------------------------------------------------------------

COMPLETES = [
    Model("old", task="llm/v1/completions"),
    Model("new", task="llm/v1/chat"),
    Model("odd", task="x"),
]


@pytest.mark.parametrize(
    ("options", "base", "endpoint", "model", "expected", "listings"),
    [
        (Options(mode="completion"), None, WORK, "new", ("completion", False), 0),
        (Options(), None, replace(WORK, mode="completion"), "new", ("completion", False), 0),
        (Options(), Params("work", "new", "completion"), WORK, "new", ("completion", False), 0),
        (Options(), Params("work", "other", "completion"), WORK, "new", ("chat", False), 1),
        (Options(), None, WORK, "old", ("completion", False), 1),
        (Options(), None, WORK, "odd", ("chat", True), 1),
        (Options(), None, WORK, "unlisted", ("chat", True), 1),
        (Options(), None, WORK, "databricks-claude-opus-4-6", ("chat", False), 0),
        (Options(), None, WORK, "databricks-mpt-30b-instruct", ("chat", True), 1),
        (Options(), None, HOME, "old", ("chat", True), 0),
    ],
)
async def test_the_mode_follows_the_task_and_is_asked_for_only_in_doubt(
    *,
    options: Options,
    base: Params | None,
    endpoint: Endpoint,
    model: str,
    expected: tuple[str, bool],
    listings: int,
) -> None:
    around = Around(COMPLETES)
    assert await choose_mode(options, base, endpoint, Model(model), around) == expected
    assert around.asked == listings


async def test_a_listing_that_fails_or_hangs_does_not_keep_the_request_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choosing, "TASK_LIMIT_S", 0.01)
    for around in (Around(error=ConnectError("No.")), Around(hangs=True)):
        assert await choose_mode(Options(), None, WORK, Model("old"), around) == ("chat", True)


async def test_a_task_that_was_listed_for_the_name_is_not_asked_for_again() -> None:
    around = Around([Model("only", task="llm/v1/completions")])
    for endpoint in (WORK, HOME):
        around.asked = 0
        model = await choose_model(Options(), None, endpoint, State(), around)
        assert await choose_mode(Options(), None, endpoint, model, around) == ("completion", False)
        assert around.asked == 1


# ---- the rest ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "mode", "said"),
    [
        (["system", "top_p"], "completion", "system is not sent: it applies in chat mode only."),
        (["suffix", "echo"], "chat", "suffix and echo are not sent: they apply in completion mode only."),
        (["system", "temperature", "body"], "chat", ""),
        (["suffix", "max_tokens"], "completion", ""),
        ([], "chat", ""),
    ],
)
def test_what_was_typed_for_the_other_mode_is_named(names: list[str], mode: Mode, said: str) -> None:
    assert (unused(names, mode) or ("",))[0] == said


def test_what_was_set_for_a_session_holds_whatever_is_configured() -> None:
    own = replace(HOME, params={"max_tokens": 33, "temperature": 0.5, "top_k": 5})
    params = params_for({"max_tokens": 7, "stop": ["END"], "system": ""}, own, "tiny", "completion")
    assert (params.max_tokens, params.temperature, params.top_k, params.mode) == (7, 0.5, 5, "completion")
    assert (params.stop, params.system) == (("END",), "")


def test_a_new_session_starts_with_the_endpoints_settings() -> None:
    assert params_for({}, HOME, "tiny", "chat").max_tokens == DEFAULT_MAX_TOKENS
    own = replace(HOME, params={"max_tokens": 5, "temperature": 0.3, "system": "You are kind."})
    params = params_for({}, own, "tiny", "chat")
    assert (params.max_tokens, params.temperature, params.system) == (5, 0.3, "You are kind.")
