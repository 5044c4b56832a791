"""Reading a server's list of models.

Servers differ in shape and in what they say; every field is optional here. What cannot
chat or complete is marked, for who asks it by its name; what cannot do so now is marked
with a reason. A model that a list does not hold can still be used by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from fmtui.core.chat import Model
from fmtui.core.endpoints import Kind
from fmtui.core.errors import ProtocolError
from fmtui.core.foreign_json import number_in, read_json
from fmtui.core.text import normalised

# OpenAI's own list, and those of servers that copy it, name no task: embeddings, speech
# and pictures are told by their names.
_NO_TEXT = re.compile(
    r"embed|^(whisper|tts|dall-e|sora|gpt-image|chatgpt-image)|moderation|-(tts|transcribe|realtime|audio)\b|rerank",
    re.IGNORECASE,
)
_COMPLETES = re.compile(r"^(davinci|babbage)-002$|^gpt-3\.5-turbo-instruct")
_TASKS = {
    "chat": "chat",
    "llm": "",
    "vlm": "",
    "model": "",
    "language": "completions",
    "completion": "completions",
    "code": "completions",
}
# LiteLLM says it in `mode`; a word that is neither here nor there is no reason to hide a model.
_NO_TEXT_MODE = re.compile(r"embed|image|audio|video|moderation|rerank|ocr|search")
_UPDATES = {
    "IN_PROGRESS": "not ready: it is being deployed",
    "UPDATE_FAILED": "not ready: its last update failed",
    "UPDATE_CANCELED": "not ready: its last update was cancelled",
}

_MAX_MODELS = 10_000
"""Models that are taken from a list; the largest that are known hold some hundreds."""
_MAX_VALUES = 500_000
"""Values that a list may hold: more take half a second in which nothing else gets a turn."""
_WINDOWS = (
    *("context_length", "max_model_len", "context_window", "max_context_length"),
    *("max_input_tokens", "inputTokenLimit", "n_ctx"),
)
"""What servers call the window; what llama.cpp was trained with (`n_ctx_train`) is not what it takes."""
_ENDS = ("deprecation", "deprecation_date", "expiration_date", "retirement_date")
_MAX_WINDOW = 1_000_000_000
_MAX_PRICE = 1_000_000.0
"""Beyond these a number is a mistake, and one that would be shown."""
_MAX_NAME = 1000
"""Characters of a name; what is longer is none, and it would have to go into every request."""


def parse_listing(kind: Kind, body: bytes, today: date | None = None) -> list[Model]:
    """Return the models of a listing, in the server's order, each once; of one without end the first 10,000.

    Args:
        kind: who sent it.
        body: what was sent.
        today: tells which models are retired by now; the real day by default.

    Raises:
        ProtocolError: the answer is no list of models, such as a web page.
    """
    try:
        answer = read_json(body.decode("utf-8-sig", "replace"), _MAX_VALUES)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(
            "The list of models is not JSON, or none that can be read.",
            "Check the URL of the endpoint; a model can still be named by hand.",
        ) from error
    found: dict[str, Model] = {}
    today = today or datetime.now(UTC).date()
    for model in _serving_endpoints(answer) if kind == "databricks" else _openai_models(answer, today):
        if len(model.name) <= _MAX_NAME:
            found.setdefault(model.name, model)
        if len(found) == _MAX_MODELS:
            break
    return list(found.values())


def _entries(answer: object, *keys: str) -> list[object]:
    """Return the list in an answer: under the first key that is there, or the answer itself."""
    if isinstance(answer, list):
        return answer
    if isinstance(answer, dict):
        for key in keys:
            if isinstance(answer.get(key), list):
                return list(answer[key])
        if (
            not any(answer.get(key) for key in keys)
            and not answer.get("error")
            and "error_code" not in answer
        ):
            return []  # `{}` and `{"data": null}` are empty lists
    raise ProtocolError(
        "The answer is not a list of models.",
        "Check the URL of the endpoint; a model can still be named by hand.",
    )


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return normalised(value).strip() if isinstance(value, str) else ""


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


# ---- Databricks -------------------------------------------------------------


def _serving_endpoints(answer: object) -> Iterable[Model]:
    for entry in _entries(answer, "endpoints"):
        if not isinstance(entry, dict) or not _text(entry, "name"):
            continue
        served = _table(entry, "config").get("served_entities")
        entities = (
            [entity for entity in served if isinstance(entity, dict)] if isinstance(served, list) else []
        )
        task = _text(entry, "task") or next(
            (found for entity in entities if (found := _text(_table(entity, "external_model"), "task"))), ""
        )
        if task and not ("chat" in task or "completions" in task):
            yield _silent(_text(entry, "name"), task)
            continue
        if not task and entities and not any(map(_is_language_model, entities)):
            yield _silent(_text(entry, "name"))  # a classic model: it answers tables, not prompts
            continue
        ready, note = _readiness(_table(entry, "state"), entities)
        label = next(filter(None, map(_label, entities)), "")
        url = _text(entry, "endpoint_url")
        model = Model(_text(entry, "name"), task, ready=ready, label=label, note=note)
        yield model._replace(url=url, id=_text(entry, "id")) if url else model


def _silent(name: str, task: str = "") -> Model:
    """Return a model that neither chats nor completes, with what it does as far as the server says."""
    note = (
        "makes embeddings" if "embed" in f"{task} {name}".lower() else f"has the task {task}" if task else ""
    )
    return Model(name, task, ready=False, note=note, talks=False)


def _is_language_model(entity: Mapping[str, Any]) -> bool:
    return bool(
        _table(entity, "foundation_model")
        or _table(entity, "external_model")
        or _text(entity, "entity_name").startswith("system.ai.")
    )


def _label(entity: Mapping[str, Any]) -> str:
    hosted, external = _table(entity, "foundation_model"), _table(entity, "external_model")
    if _text(external, "name"):
        provider = _text(external, "provider")
        return f"{_text(external, 'name')} at {provider}" if provider else _text(external, "name")
    return _text(hosted, "display_name")


def _readiness(state: Mapping[str, Any], entities: list[dict[str, Any]]) -> tuple[bool, str]:
    """Return whether a serving endpoint answers now, and what to know about it."""
    if _text(state, "ready") not in ("", "READY"):
        return False, _UPDATES.get(_text(state, "config_update"), "not ready")
    if any(entity.get("scale_to_zero_enabled") is True for entity in entities):
        return True, "may take minutes to start: it scales to zero"
    return True, ""


# ---- OpenAI-compatible ------------------------------------------------------


def _openai_models(answer: object, today: date) -> Iterable[Model]:
    for entry in _entries(answer, "data", "models"):
        if isinstance(entry, str):
            table: Mapping[str, Any] = {"id": entry}
        elif isinstance(entry, dict):
            table = entry
        else:
            continue
        name = _text(table, "id") or _text(table, "name") or _text(table, "model")
        kind, mode = _text(table, "type").lower(), _text(table, "mode").lower()
        if not name:
            continue
        if kind not in ("", *_TASKS) or _NO_TEXT_MODE.search(mode):
            yield _silent(name, mode or kind)
            continue
        kind = mode if mode in _TASKS else kind
        if not kind and _NO_TEXT.search(name):
            yield _silent(name)
            continue
        task = _TASKS.get(kind, "") or ("completions" if _COMPLETES.search(name) else "")
        label = _text(table, "display_name") or (_text(table, "name") if _text(table, "id") else "")
        ready, note = _still_there(table, today)
        price_in, price_out = _prices(table)
        yield Model(
            name,
            task,
            ready,
            "" if label == name else label,
            note,
            _window(table),
            price_in,
            price_out,
        )


def _still_there(table: Mapping[str, Any], today: date) -> tuple[bool, str]:
    """Return whether a model can be used, and what to know: it was retired, will be, or is switched off."""
    if table.get("active") is False:
        return False, "not ready: the server calls it inactive"
    for key in _ENDS:
        try:
            end = date.fromisoformat(_text(table, key)[:10])
        except ValueError:
            continue
        return (False, f"retired on {end}") if end <= today else (True, f"will be retired on {end}")
    return True, ""


def _window(table: Mapping[str, Any]) -> int | None:
    """Return the tokens that a model takes, where its server says so."""
    tables = table, _table(table, "meta"), _table(table, "metadata"), _table(table, "top_provider")
    for place in tables:
        for key in _WINDOWS:
            number = number_in(place.get(key))
            if number is not None and 0 < number <= _MAX_WINDOW:
                return int(number)
    return None


def _prices(table: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return dollars for a million tokens in and out, where a server says so.

    OpenRouter and those who copy it write dollars for one token, as texts, under `prompt` and
    `completion`; others dollars for a million tokens under `input` and `output`.
    """
    pricing = _table(table, "pricing") or _table(_table(table, "metadata"), "pricing")
    for names, scale in (
        (("prompt", "completion"), 1e6),
        (("input", "output"), 1.0),
        (("input_tokens", "output_tokens"), 1.0),
    ):
        if names[0] in pricing:
            found = [number_in(pricing.get(name)) for name in names]
            # Rounded, as a price for one token times a million has a tail that nobody asked for.
            price_in, price_out = (
                round(each * scale, 6) if each is not None and 0 <= each * scale <= _MAX_PRICE else None
                for each in found
            )
            return price_in, price_out
    return None, None
