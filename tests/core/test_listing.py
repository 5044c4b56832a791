"""Lists of models, as servers of several makes send them."""

import json
from datetime import date

import pytest

from fmtui.core.chat import Model
from fmtui.core.errors import ProtocolError
from fmtui.core.listing import parse_listing

SERVING_ENDPOINTS = {
    "endpoints": [
        {
            "name": "databricks-meta-llama-3-3-70b-instruct",
            "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "creator": "system",
            "creation_timestamp": 1733788800000,
            "task": "llm/v1/chat",
            "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
            "config": {
                "served_entities": [
                    {
                        "name": "llama",
                        "entity_name": "system.ai.llama_v3_3_70b_instruct",
                        "foundation_model": {"display_name": "Meta Llama 3.3 70B Instruct"},
                    }
                ]
            },
        },
        {
            "name": "my-openai",
            "task": "llm/v1/chat",
            "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
            "config": {
                "served_entities": [
                    {"external_model": {"name": "gpt-4o", "provider": "openai", "task": "llm/v1/chat"}}
                ]
            },
        },
        {
            "name": "old-completions",
            "task": "llm/v1/completions",
            "state": {"ready": "NOT_READY", "config_update": "IN_PROGRESS"},
        },
        {
            "name": "churn-xgb",
            "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
            "config": {"served_entities": [{"entity_name": "main.ml.churn", "entity_version": "7"}]},
        },
    ]
}


def talking(models: list[Model]) -> list[Model]:
    return [model for model in models if model.talks]


def databricks(*entries: object) -> list[Model]:
    return talking(parse_listing("databricks", json.dumps({"endpoints": entries}).encode()))


def openai(answer: object) -> list[Model]:
    return talking(parse_listing("openai", json.dumps(answer).encode()))


def names(models: list[Model]) -> list[str]:
    return [model.name for model in models]


def test_case_122_a_workspace_lists_chat_and_completion_models_and_hides_classic_ones() -> None:
    llama, external, completions = databricks(*SERVING_ENDPOINTS["endpoints"])
    assert llama == Model(
        "databricks-meta-llama-3-3-70b-instruct", "llm/v1/chat", label="Meta Llama 3.3 70B Instruct"
    )
    assert (external.name, external.mode, external.label) == ("my-openai", "chat", "gpt-4o at openai")
    assert (completions.mode, completions.ready) == ("completion", False)
    assert "being deployed" in completions.note


@pytest.mark.parametrize(
    ("task", "talks"),
    [
        ("llm/v1/chat", True),
        ("llm/v1/completions", True),
        ("agent/v1/chat", True),
        ("agent/v2/chat", True),
        ("llm/v1/external/chat", True),
        ("llm/v1/embeddings", False),
        ("agent/v1/responses", False),
        ("", True),
    ],
)
def test_every_model_is_listed_and_those_whose_task_answers_prompts_talk(task: str, talks: bool) -> None:  # noqa: FBT001 - a table of cases
    (model,) = parse_listing("databricks", json.dumps({"endpoints": [{"name": "m", "task": task}]}).encode())
    assert (model.name, model.talks) == ("m", talks)


def test_a_model_without_a_task_is_kept_when_it_is_a_language_model() -> None:
    hosted = {"name": "a", "config": {"served_entities": [{"entity_name": "system.ai.x"}]}}
    external = {
        "name": "b",
        "config": {"served_entities": [{"external_model": {"name": "g", "task": "llm/v1/completions"}}]},
    }
    assert [(model.name, model.mode) for model in databricks(hosted, external)] == [
        ("a", None),
        ("b", "completion"),
    ]


def test_every_field_but_the_name_may_be_missing_or_odd() -> None:
    odd = {"name": "m", "task": 7, "state": [], "config": {"served_entities": ["x", {"external_model": 3}]}}
    assert names(databricks({"name": "a"}, odd, {"task": "llm/v1/chat"}, {"name": ""}, "b", None)) == ["a"]


def test_a_model_that_sleeps_is_ready_but_slow_to_start() -> None:
    (model,) = databricks(
        {
            "name": "m",
            "task": "llm/v1/chat",
            "state": {"ready": "READY"},
            "config": {"served_entities": [{"scale_to_zero_enabled": True}]},
        }
    )
    assert model.ready
    assert "may take minutes to start" in model.note


@pytest.mark.parametrize("body", [b"{}", b'{"endpoints": []}', b'{"endpoints": null}', b"[]"])
def test_an_empty_list_is_no_error(body: bytes) -> None:
    assert parse_listing("databricks", body) == []


def test_an_openai_list_gives_its_ids_in_order_and_each_once() -> None:
    answer = {
        "object": "list",
        "data": [{"id": "b", "object": "model"}, {"id": "a"}, {"id": "b"}, {"object": "model"}],
    }
    assert openai(answer) == [Model("b"), Model("a")]


@pytest.mark.parametrize(
    "answer",
    [
        [{"id": "m"}],
        {"data": ["m"]},
        {"models": [{"name": "m", "model": "m"}]},
        {"object": "list", "models": [{"name": "m"}], "data": [{"id": "m"}]},
    ],
)
def test_other_shapes_of_the_list_are_read_too(answer: object) -> None:
    assert openai(answer) == [Model("m")]


def test_models_that_do_not_write_text_are_left_out() -> None:
    ids = [
        "gpt-4o",
        "text-embedding-3-small",
        "whisper-1",
        "tts-1-hd",
        "dall-e-3",
        "omni-moderation-latest",
        "gpt-4o-realtime",
        "gpt-image-1",
        "nomic-embed-text:latest",
        "llama3",
    ]
    assert names(openai({"data": [{"id": model} for model in ids]})) == ["gpt-4o", "llama3"]


def test_a_server_that_names_types_is_believed() -> None:
    types = ["chat", "language", "embedding", "image", "llm"]
    models = openai([{"id": f"m-{kind}", "type": kind, "display_name": "M"} for kind in types])
    assert [(model.name, model.mode, model.label) for model in models] == [
        ("m-chat", "chat", "M"),
        ("m-language", "completion", "M"),
        ("m-llm", None, "M"),
    ]


def test_a_proxy_that_names_modes_is_believed() -> None:
    entries = [
        {"id": "mpt", "mode": "completion"},
        {"id": "llama", "mode": "chat"},
        {"id": "embed-chat", "mode": "chat"},
        {"id": "other", "mode": "responses"},
        {"id": "unknown", "mode": None},
        {"id": "vectors", "mode": "embedding"},
        {"id": "pictures", "mode": "image_generation"},
        {"id": "voices", "mode": "audio_speech"},
    ]
    assert [(model.name, model.mode) for model in openai(entries)] == [
        ("mpt", "completion"),
        ("llama", "chat"),
        ("embed-chat", "chat"),
        ("other", None),
        ("unknown", None),
    ]


def test_openais_completion_models_are_known_as_such() -> None:
    modes = {model.name: model.mode for model in openai({"data": [{"id": "davinci-002"}, {"id": "gpt-4o"}]})}
    assert modes == {"davinci-002": "completion", "gpt-4o": None}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in</html>",
        b'"text"',
        b"7",
        b'{"error": {"message": "no"}}',
        b'{"data": {"id": "m"}}',
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_no_list_is_a_protocol_error_with_a_hint(body: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_listing("openai", body)
    assert "list of models" in caught.value.message
    assert "by hand" in caught.value.hint


def test_half_a_surrogate_in_a_name_cannot_break_a_file_later() -> None:
    (model,) = parse_listing("openai", b'{"data": [{"id": "m\\ud83d"}]}')
    model.name.encode()


# ---- windows, prices and ends ------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "window", "prices"),
    [
        (
            {"context_length": 131072, "pricing": {"prompt": "0.0000005", "completion": "0.0000015"}},
            131072,
            (0.5, 1.5),
        ),
        ({"context_length": 8192, "pricing": {"input": 0.3, "output": 0.9, "hourly": 0}}, 8192, (0.3, 0.9)),
        (
            {"metadata": {"context_length": 4096, "pricing": {"input_tokens": 0.2, "output_tokens": 0.4}}},
            4096,
            (0.2, 0.4),
        ),
        ({"max_model_len": 32768}, 32768, (None, None)),
        ({"context_window": "200000"}, 200000, (None, None)),
        ({"meta": {"n_ctx_train": 131072}}, None, (None, None)),
        ({"pricing": {"prompt": "0", "completion": "0"}}, None, (0.0, 0.0)),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, None, (None, None)),
        ({"context_length": True, "pricing": {"prompt": "nan", "completion": []}}, None, (None, None)),
        ({"context_length": 0, "pricing": {"prompt": "inf", "completion": 9**999}}, None, (None, None)),
        ({"context_length": "x", "pricing": "free"}, None, (None, None)),
    ],
)
def test_window_and_price_are_told_where_the_server_tells_them(
    entry: dict[str, object], window: int | None, prices: tuple[float | None, float | None]
) -> None:
    (model,) = openai({"data": [{"id": "m", **entry}]})
    assert model.context_window == window
    assert (model.price_in, model.price_out) == prices


def test_what_is_retired_or_switched_off_is_not_ready_and_says_why() -> None:
    entries = [
        {"id": "gone", "deprecation": "2026-10-09T00:00:00Z"},
        {"id": "going", "expiration_date": "2026-12-31"},
        {"id": "off", "active": False},
        {"id": "odd", "deprecation": "soon", "active": "no"},
    ]
    body = json.dumps({"data": entries}).encode()
    gone, going, off, odd = parse_listing("openai", body, date(2026, 11, 23))
    assert (gone.ready, gone.note) == (False, "retired on 2026-10-09")
    assert (going.ready, going.note) == (True, "will be retired on 2026-12-31")
    assert (off.ready, off.note) == (False, "not ready: the server calls it inactive")
    assert (odd.ready, odd.note) == (True, "")
