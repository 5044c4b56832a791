"""Parameters: what is a value, what is sent for it, and which layer wins."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Params
from fmtui.core.parameters import (
    BY_NAME,
    PARAMETERS,
    applied,
    assigned,
    conflict,
    fields_of,
    merged,
    parameter,
    settings_from,
    source_of,
    unassigned,
    value_of,
)

TEXTS = st.text(min_size=1, max_size=12)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "max_tokens": st.integers(1, 10_000_000),
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1, exclude_min=True),
    "top_k": st.integers(1, 1_000_000),
    "stop": st.lists(TEXTS, min_size=1, max_size=4),
    "system": st.text(max_size=12),
    "reasoning_effort": st.sampled_from(BY_NAME["reasoning_effort"].choices),
    "thinking": st.integers(1, 10_000_000) | st.sampled_from(["adaptive", "off"]),
    "send_reasoning": st.booleans(),
    "suffix": TEXTS,
    "echo": st.booleans(),
    "error_behavior": st.sampled_from(["error", "truncate"]),
    "use_raw_prompt": st.booleans(),
    "body": st.dictionaries(
        TEXTS.filter(lambda name: name not in ("messages", "prompt", "stream", "model")),
        st.integers() | st.booleans() | TEXTS,
        max_size=3,
    ),
}


def test_every_parameter_is_tried_here() -> None:
    assert list(VALUES) == list(BY_NAME)


@settings(max_examples=90, deadline=None)
@given(st.sampled_from(PARAMETERS).flatmap(lambda each: st.tuples(st.just(each), VALUES[each.name])))
def test_what_is_shown_of_a_value_can_be_typed_again(given_: tuple[Any, Any]) -> None:
    known, value = given_
    value = known.taken(value)
    if known.shape != "number":  # shown with six digits
        assert known.parsed(known.typed(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("max_tokens", "4_096", 4096),
        ("max-tokens", "4,096", 4096),
        ("temperature", "0,7", 0.7),
        ("TEMPERATURE", "0", 0.0),
        ("top_p", "1", 1.0),
        ("stop", "END", ["END"]),
        ("stop", r"\n\n", ["\n\n"]),
        ("stop", '["a", "b, c"]', ["a", "b, c"]),
        ("stop", '" x"', [" x"]),
        ("stop", "[Q]", ["[Q]"]),
        ("echo", "yes", True),
        ("use_raw_prompt", "off", False),
        ("thinking", "4096", 4096),
        ("thinking_budget", "Adaptive", "adaptive"),
        ("effort", "High", "high"),
        ("system", '"Be" brief', '"Be" brief'),
        ("body", '{"seed": 7}', {"seed": 7}),
        ("body", '{ seed = 7, user = "me" }', {"seed": 7, "user": "me"}),
    ],
)
def test_values_are_typed_as_people_write_them(name: str, text: str, value: object) -> None:
    assert assigned({}, name, text) == {parameter(name).name: value}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("max_tokens", "0", "max_tokens must be a whole number from 1 to 10,000,000"),
        ("max_tokens", "9" * 5000, "max_tokens must be a whole number from 1 to 10,000,000"),
        ("temperature", "2.1", "temperature must be a number from 0 to 2"),
        ("temperature", "nan", "temperature must be a number from 0 to 2"),
        ("temperature", "hot", "temperature must be a number from 0 to 2"),
        ("top_p", "0", "top_p must be a number above 0, at most 1"),
        ("top_k", "1.5", "top_k must be a whole number from 1 to 1,000,000"),
        ("stop", "[]", "stop must be text in quotes, or a list of 1 to 64 texts, none empty"),
        ("reasoning_effort", "huge", "reasoning_effort must be one of none, minimal, low"),
        ("thinking", "0", "thinking must be a number of tokens from 1 to 10,000,000, adaptive or off"),
        ("echo", "maybe", "echo must be true or false"),
        ("error_behavior", "x", "error_behavior must be one of error, truncate"),
        ("body", '{"stream": false}', "body must be a table that JSON can express, without null"),
        ("body", '{"a": null}', "body must be a table that JSON can express, without null"),
        ("body", "[1]", "body must be a table"),
        ("body", "{}\nbody = 1", "body must be a table"),
        ("body.messages", "[]", "body.messages cannot be set so: body must be a table"),
        ("temperature.x", "1", "temperature has no parts"),
        ("temprature", "1", "There is no parameter “temprature”; the nearest is temperature"),
        ("tempp", "1", "There is no parameter “tempp”; the nearest is temperature"),
        ("sytem", "1", "There is no parameter “sytem”; the nearest is system"),
        ("xyzzy", "1", "There is no parameter “xyzzy”; there are: max_tokens, temperature"),
    ],
)
def test_what_is_no_value_is_refused_with_its_range(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"must|no ") as caught:
        assigned({}, name, text)
    assert str(caught.value).startswith(sentence)
    assert ("is body.NAME" in str(caught.value)) == (name == "xyzzy")


def test_further_fields_are_set_and_taken_back_one_by_one() -> None:
    some = assigned(assigned({}, "body.seed", "7"), "body.user", "me")
    assert some == {"body": {"seed": 7, "user": "me"}}
    assert unassigned(some, "body.seed") == {"body": {"user": "me"}}
    assert unassigned(unassigned(some, "body.seed"), "body.user") == {}
    assert merged(some, {"body": {"seed": 8}, "top_k": 3}) == {"body": {"seed": 8, "user": "me"}, "top_k": 3}


def test_a_hand_written_table_costs_only_what_is_wrong_in_it() -> None:
    table = {"temperature": 5, "top_p": 0.5, "stop": "END", "unknown": 1, "max_tokens": True, "echo": "yes"}
    assert settings_from(table) == {"top_p": 0.5, "stop": ["END"]}
    assert settings_from("no table") == {}


def test_the_session_wins_over_the_endpoint_and_that_over_nothing() -> None:
    endpoint, session = {"temperature": 0.5, "top_k": 3}, {"temperature": 0.0}
    params = applied(Params(), endpoint, session)
    assert (params.temperature, params.top_k, params.top_p) == (0.0, 3, None)
    assert [source_of(name, endpoint, session) for name in ("temperature", "top_k", "top_p")] == [
        "session",
        "endpoint",
        "default",
    ]
    assert value_of(params, "temperature") == 0.0
    assert value_of(params, "top_p") is None


def test_unset_means_not_sent() -> None:
    assert fields_of(Params()) == {"max_tokens": 2048}
    assert fields_of(Params(mode="completion")) == {"max_tokens": 2048}


ALL = applied(
    Params(),
    {
        "temperature": 0.0,
        "top_p": 1.0,
        "top_k": 1,
        "stop": ["a"],
        "reasoning_effort": "low",
        "thinking": 100,
        "suffix": "end",
        "echo": False,
        "error_behavior": "truncate",
        "use_raw_prompt": True,
    },
)


def test_each_mode_sends_only_what_applies_to_it() -> None:
    both = {"max_tokens": 2048, "temperature": 0.0, "top_p": 1.0, "top_k": 1, "stop": ["a"]}
    assert fields_of(ALL) == both | {
        "reasoning_effort": "low",
        "thinking": {"type": "enabled", "budget_tokens": 100},
    }
    assert fields_of(applied(Params(mode="completion"), {})) == {"max_tokens": 2048}
    assert fields_of(
        applied(
            Params(mode="completion"),
            {
                "thinking": 100,
                "suffix": "end",
                "echo": False,
                "error_behavior": "truncate",
                "use_raw_prompt": True,
            },
        )
    ) == {
        "max_tokens": 2048,
        "suffix": "end",
        "echo": False,
        "error_behavior": "truncate",
        "use_raw_prompt": True,
    }


def test_thinking_has_the_form_that_each_kind_of_model_takes() -> None:
    adaptive = fields_of(applied(Params(), {"thinking": "adaptive", "reasoning_effort": "max"}))
    assert adaptive == {
        "max_tokens": 2048,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "max"},
    }
    assert fields_of(applied(Params(), {"thinking": "off"}))["thinking"] == {"type": "disabled"}


def test_thinking_that_leaves_nothing_for_the_answer_is_refused() -> None:
    assert conflict(Params(thinking=2048)) == "thinking must be below max_tokens, which is 2,048"
    assert conflict(Params(thinking=2047)) == ""
    assert conflict(Params(thinking=2048, mode="completion")) == ""
