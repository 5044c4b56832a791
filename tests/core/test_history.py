"""What is sent of a conversation keeps to the rules of servers, whatever happened in it."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Failure, Outcome, Params, Request, Role, Said, ToolCall, Turn
from fmtui.core.errors import UsageError
from fmtui.core.wire import encode

ROLES: list[Role] = ["user", "assistant", "system"]
OUTCOMES: list[Outcome] = ["complete", "stopped", "cut_off", "error", "interrupted"]
TEXTS = st.sampled_from(["", " ", "\n", "a", "b\n", " c ", "é\ud800", '"[x]"', "</think>"])


@st.composite
def paths(draw: st.DrawFn) -> list[Turn]:
    """Return the path to a turn of a random tree: edits and second answers made siblings in it."""
    tree: list[Turn] = []
    for number in range(draw(st.integers(1, 12))):
        role = draw(st.sampled_from(ROLES))
        outcome: Outcome | None = draw(st.sampled_from(OUTCOMES)) if role == "assistant" else None
        tree.append(
            Turn(
                f"t{number}",
                role,
                draw(TEXTS),
                draw(st.sampled_from(["", *(turn.id for turn in tree)])),
                reasoning=draw(TEXTS) if role == "assistant" else "",
                outcome=outcome,
                error=Failure("server", "broke") if outcome == "error" else None,
                tool_calls=(ToolCall("f", "{}"),) if outcome and draw(st.sampled_from([True, False])) else (),
                params=Params(echo=draw(st.sampled_from([None, True, False])))
                if role == "assistant"
                else None,
            )
        )
    by_id = {turn.id: turn for turn in tree}
    path = [draw(st.sampled_from(tree))]
    while path[-1].parent:
        path.append(by_id[path[-1].parent])
    return path[::-1]


def sent(params: Params, turns: list[Turn], kind: Any = "databricks", **more: Any) -> dict[str, Any] | None:
    try:
        body: dict[str, Any] = json.loads(b"".join(encode(Request(params, turns), kind, **more)))
    except UsageError:
        return None
    return body


@settings(max_examples=70, deadline=None)
@given(paths(), st.sampled_from(["", "Be brief."]))
def test_every_path_keeps_to_the_rules(path: list[Turn], system: str) -> None:
    body = sent(Params(model="m", system=system), path)
    said = [turn.text for turn in path if turn.role != "system" and turn.text.strip()]
    if not said:
        assert body is None, "there is nothing to ask"
        return
    assert body is not None
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    assert roles.count("system") <= 1
    assert "system" not in roles[1:]
    talk = roles[1:] if roles[0] == "system" else roles
    assert all(one != two for one, two in pairwise(talk))
    assert all(set(message) == {"role", "content"} for message in messages)
    assert all(message["content"].strip() for message in messages)
    assert bool(roles[0] == "system") == bool(
        system or any(turn.role == "system" and turn.text.strip() for turn in path)
    )
    # Nothing that was said is lost, and nothing is said twice.
    whole = "".join(message["content"] for message in messages if message["role"] != "system")
    assert "".join(whole.split()) == "".join("".join(said).replace("\ud800", "\ufffd").split())


@settings(max_examples=50, deadline=None)
@given(paths())
def test_reasoning_is_sent_back_only_when_asked_for_and_then_as_the_server_has_it(path: list[Turn]) -> None:
    thoughts = [t.reasoning for t in path if t.role == "assistant" and t.text.strip() and t.reasoning.strip()]
    for kind in ("databricks", "openai"):
        plain = sent(Params(model="m"), path, kind)
        asked = sent(Params(model="m", send_reasoning=True), path, kind)
        refused = sent(Params(model="m", send_reasoning=True), path, kind, omitted=["reasoning_content"])
        assert refused == plain
        if not thoughts:
            assert asked == plain
            continue
        assert asked is not None
        assert plain is not None
        found = [
            message["content"][0]["summary"][0]["text"]
            if kind == "databricks"
            else message["reasoning_content"]
            for message in asked["messages"]
            if isinstance(message["content"], list) or "reasoning_content" in message
        ]
        assert "".join("".join(found).split()) == "".join(
            "".join(thoughts).replace("\ud800", "\ufffd").split()
        )
        texts = [
            message["content"][1]["text"] if isinstance(message["content"], list) else message["content"]
            for message in asked["messages"]
        ]
        assert texts == [message["content"] for message in plain["messages"]]


@settings(max_examples=50, deadline=None)
@given(paths())
def test_a_prompt_of_text_has_all_that_was_said_in_its_order(path: list[Turn]) -> None:
    for turn in path:
        if turn.params is not None:
            object.__setattr__(turn.params, "echo", None)
    body = sent(Params(model="m", mode="completion"), path)
    said = [turn.text for turn in path if turn.role != "system" and turn.text]
    if not "".join(said).strip():
        assert body is None
        return
    assert body is not None
    assert "".join(body["prompt"].split()) == "".join("".join(said).replace("\ud800", "\ufffd").split())


def test_an_answer_that_was_asked_to_start_with_its_prompt_does_not_say_it_twice() -> None:
    echo = Params(model="m", mode="completion", echo=True)
    path = [
        Turn("a", "user", "Once upon\n"),
        Turn("b", "assistant", "Once upon\n a time", "a", params=echo),
        Turn("c", "user", "And then", "b"),
        Turn("d", "assistant", "Once upon\n a time\n\nAnd then it rained", "c", params=echo),
    ]
    body = sent(echo, path)
    assert body is not None
    assert body["prompt"] == "Once upon\n a time\n\nAnd then it rained"
    told = [Said(turn.role, turn.text, "", turn.role == "assistant") for turn in path]
    assert b"".join(encode(Request(echo, told), "databricks")) == b"".join(
        encode(Request(echo, path), "databricks")
    )
