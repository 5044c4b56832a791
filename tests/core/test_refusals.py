"""Fields that a model refuses: left out, remembered with its words, said once, tried when set again."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmtui.core.chat import Params
from fmtui.core.client import Client
from fmtui.core.errors import ContextLengthError, FmtuiError, ServerError
from fmtui.core.refusals import MOST_KEPT, Refusals, notice, refused_fields
from fmtui.core.state import State, StateFile
from tests.core.asking import NAME, collect, endpoint_at, request_for
from tests.in_process import InProcess
from tests.servers import D, E, F, answer, stream

GOOD = stream(E("ok"), F("stop"), D)
SENT = Params(
    model="m", temperature=0.2, top_p=0.9, top_k=5, stop=("x",), thinking=100, reasoning_effort="low"
)


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("`temperature` is deprecated for this model.", ["temperature"]),
        ("Unsupported parameter: 'top_p' is not supported with this model.", ["top_p"]),
        (
            "Unsupported value: 'temperature' does not support 0.2. Only the default (1) is supported.",
            ["temperature"],
        ),
        ('json: unknown field "top_k"', ["top_k"]),
        ("top_k: Extra inputs are not permitted", ["top_k"]),
        ("Unrecognized request argument supplied: thinking", ["thinking"]),
        ("temperature, top_p and top_k are not supported by this model", ["temperature", "top_k", "top_p"]),
        ("This model doesn't support reasoning_effort", ["reasoning_effort"]),
        ("Unknown parameter: 'logit_bias'.", ["logit_bias"]),
        # What is refused is a value, a combination, or something else.
        ("temperature must be between 0 and 1; 1.5 is not supported", []),
        ("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", []),
        ("'reasoning_effort' does not support 'minimal'. Supported values are: 'low'.", []),
        ("max_tokens is not supported above 8192", []),
        ("The model is not supported; stopped.", []),
        ("roles must alternate", []),
        ("", []),
    ],
)
def test_only_words_about_a_field_that_was_sent_count(words: str, fields: list[str]) -> None:
    error = ServerError(words, "", 400)
    assert sorted(refused_fields(error, SENT, {"logit_bias": {}}, ())) == fields
    assert not set(refused_fields(error, SENT, {"logit_bias": {}}, fields)) & set(fields)


def test_no_other_error_counts() -> None:
    words = "temperature is not supported"
    for error in (
        ServerError(words, "", 500),
        ServerError(words, "", 404),
        ContextLengthError(words, "", 400),
        FmtuiError(words, "", 400),
    ):
        assert refused_fields(error, SENT, {}, ()) == {}


async def test_a_refused_field_is_left_out_at_once_and_from_then_on() -> None:
    refusal = answer({"error_code": "BAD_REQUEST", "message": "temperature is not supported [b]"}, 400)
    server = InProcess(refusal, GOOD, GOOD)
    client = Client(transports={NAME: server}, environ={})
    endpoint = endpoint_at("https://test.invalid/v1")
    request = request_for(temperature=0.5, top_p=0.9)
    first = await collect(client, endpoint, request)
    second = await collect(client, endpoint, request)
    await client.aclose()
    assert (first.text, second.text) == ("ok", "ok")
    assert ["temperature" in sent.json for sent in server.requests] == [True, False, False]
    assert all(sent.json["top_p"] == 0.9 for sent in server.requests)
    (said,) = first.notices
    assert said.startswith("m does not take temperature: “temperature is not supported [b]”. From now on")
    assert second.notices == [], "it is said once"
    assert first.turn is not None
    assert first.turn.notices == tuple(first.notices)


async def test_another_model_is_asked_with_it_and_setting_it_again_tries_again() -> None:
    refusal = answer({"message": "temperature is not supported"}, 400)
    server = InProcess(refusal, GOOD, GOOD, GOOD)
    client = Client(transports={NAME: server}, environ={})
    endpoint = endpoint_at("https://test.invalid/v1")
    await collect(client, endpoint, request_for(temperature=0.5))
    await collect(client, endpoint, request_for(temperature=0.5, model="other"))
    client.refusals.forget(NAME, "m", ["top_p"])
    assert client.refusals.of(NAME, "m")
    client.refusals.forget(NAME, "m", ["temperature"])
    await collect(client, endpoint, request_for(temperature=0.5))
    await client.aclose()
    assert ["temperature" in sent.json for sent in server.requests] == [True, False, True, True]


async def test_what_is_refused_again_without_the_field_is_an_error_after_two_requests() -> None:
    server = InProcess(answer({"message": "temperature is not supported"}, 400))
    client = Client(transports={NAME: server}, environ={})
    result = await collect(client, endpoint_at("https://test.invalid/v1"), request_for(temperature=0.5))
    await client.aclose()
    assert (result.outcome, len(server.requests)) == ("error", 2)


async def test_nothing_is_asked_again_after_an_error_within_an_answer() -> None:
    broken = stream('data: {"error":{"message":"temperature is not supported","code":400}}\n\n')
    server = InProcess(broken, GOOD)
    client = Client(transports={NAME: server}, environ={})
    result = await collect(client, endpoint_at("https://test.invalid/v1"), request_for(temperature=0.5))
    await client.aclose()
    assert (result.outcome, len(server.requests)) == ("error", 1)


def test_they_are_kept_beside_the_rest_of_the_state(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.toml")
    file.save(State(endpoint="work", models={"work": "m"}))
    Refusals(file).add("work", "m", {"temperature": 'say "no"\x1b', "top_p": "b"})
    file.save(State(endpoint="other"))
    later = Refusals(StateFile(file.path))
    assert later.of("work", "m") == {"temperature": 'say "no"\x1b', "top_p": "b"}
    assert later.of("work", "n") == {}
    later.forget("work", "m", ["top_p"])
    assert file.load().endpoint == "other"
    assert Refusals(file).of("work", "m") == {"temperature": 'say "no"\x1b'}


def test_two_windows_keep_what_each_of_them_learns(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.toml"
    here, there = Refusals(StateFile(path)), Refusals(StateFile(path))
    here.add("work", "m", {"top_p": "a"})
    assert there.of("work", "m") == {"top_p": "a"}
    there.add("work", "m", {"seed": "b"})
    here.add("work", "n", {"top_p": "c"})
    there.forget("work", "m", ["top_p"])
    here.add("work", "n", {"top_k": "d"})
    for refusals in (here, Refusals(StateFile(path))):
        assert set(refusals.of("work", "m").values()) == {"b"}
        assert refusals.of("work", "n") == {"top_p": "c", "top_k": "d"}
    # What could not be kept is, with the next that can.
    there.of("work", "n")
    path.parent.rename(tmp_path / "away")
    path.parent.write_text("")
    there.add("work", "n", {"stop": "e"})
    path.parent.unlink()
    (tmp_path / "away").rename(path.parent)
    here.add("work", "n", {"n": "f"})
    there.add("work", "m", {"stop": "g"})
    later = Refusals(StateFile(path))
    assert later.of("work", "n") == {"top_p": "c", "top_k": "d", "stop": "e", "n": "f"}
    assert set(later.of("work", "m").values()) == {"b", "g"}


def test_a_broken_file_or_a_full_disk_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "state.toml").write_text('refused = [1, {endpoint = "a"}, {endpoint = "a", model = 1}]')
    refusals = Refusals(StateFile(tmp_path / "state.toml"))
    assert refusals.of("a", "m") == {}
    blocked = Refusals(StateFile(tmp_path / "state.toml" / "below.toml"))
    blocked.add("a", "m", {"top_k": "no"})
    assert blocked.of("a", "m") == {"top_k": "no"}


def test_no_more_are_kept_than_anyone_needs() -> None:
    refusals = Refusals()
    refusals.add("a", "m", {f"f{number}": "no" for number in range(MOST_KEPT + 5)})
    assert len(refusals.of("a", "m")) == MOST_KEPT


def test_the_notice_names_what_people_set() -> None:
    said = notice("m", {"output_config": "no.", "reasoning_content": "no.", "seed": "no."})
    assert said.startswith("m does not take reasoning_effort, send_reasoning and body.seed: “no”.")
