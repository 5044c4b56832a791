"""Going on with a cut answer: what is asked, how the two are joined, and what never happens twice."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmtui.core.chat import Event, Finished, Notice, Params, Request, TextDelta, Turn
from fmtui.core.continuing import Continuing, Joint, can_continue, instruction
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import FmtuiError, ServerError
from fmtui.core.history import messages, prompt

WORK = Endpoint("work", "https://w.invalid", "databricks", source="test")
CUT = Turn("a", "assistant", "First, melt the butter and", "q", finish_reason="length", outcome="complete")


def joined(before: str, *rest: str, told: bool = True) -> str:
    joint = Joint(before, told=told)
    return before + "".join(joint.feed(piece) for piece in rest) + joint.finish()


@pytest.mark.parametrize(
    ("before", "rest", "told", "whole"),
    [
        ("melt the butter and", ["melt the butter", " and stir."], True, "melt the butter and stir."),
        ("melt the butter and ", ["the butter and stir."], True, "melt the butter and stir."),
        ("melt the butter and", ["\nthe butter and", " stir."], True, "melt the butter and stir."),
        ("melt the choco", ["late."], False, "melt the chocolate."),
        ("melt the butter", ["and stir."], True, "melt the butter and stir."),
        ("melt the butter.", ["\n\nThen stir."], True, "melt the butter.\n\nThen stir."),
        ("melt the butter.\n\n", ["\n\nThen stir."], False, "melt the butter.\n\nThen stir."),
        ("the ", [" butter"], False, "the butter"),
        # Lines that stand twice in code do so on purpose, unless the model was told to repeat.
        ("    }\n", ["    }\n", "}\n"], False, "    }\n    }\n}\n"),
        ("ha ha", [" ha"], True, "ha ha ha"),
        ("melt the butter and", ["melt the flour"], True, "melt the butter and melt the flour"),
        ("x" * 9000, ["y"], False, "x" * 9000 + "y"),
    ],
)
def test_the_rest_is_joined_where_it_belongs(
    before: str,
    rest: list[str],
    told: bool,  # noqa: FBT001 - a column of the table
    whole: str,
) -> None:
    assert joined(before, *rest, told=told) == whole
    assert joined(before, *"".join(rest), told=told) == whole  # a character at a time


@given(
    before=st.text("ab \n", max_size=30),
    rest=st.lists(st.text("ab \n", max_size=8), max_size=6),
    told=st.booleans(),
)
def test_nothing_but_blanks_and_what_stands_twice_is_ever_lost(
    *, before: str, rest: list[str], told: bool
) -> None:
    whole = joined(before, *rest, told=told)
    assert whole.startswith(before)
    last = "".join("".join(rest).split())
    assert "".join(whole[len(before) :].split()) in {last[at:] for at in range(len(last) + 1)}
    assert joined(before, "".join(rest), told=told) == whole


def test_only_a_cut_answer_with_text_can_be_continued() -> None:
    assert can_continue(CUT) == ""
    assert can_continue(replace(CUT, outcome="stopped", finish_reason=None)) == ""
    assert "complete" in can_continue(replace(CUT, finish_reason="stop"))
    assert "max_tokens" in can_continue(replace(CUT, text=""))
    assert can_continue(Turn("q", "user", "x"))


class Server:
    """Answers with texts, or refuses; keeps the messages that it was sent."""

    def __init__(self, *answers: Sequence[str] | FmtuiError) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []

    async def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, FmtuiError):
            raise answer
        for text in answer:
            yield TextDelta(text)
        yield Finished("stop")

    def sent(self, index: int) -> list[tuple[str, str]]:
        whole = b"".join(messages("", self.asked[index].turns))
        return [(each["role"], each["content"]) for each in json.loads(whole)]


async def rest_of(server: Server, model: str, refused: set[tuple[str, str]], cut: Turn = CUT) -> list[Event]:
    request = Request(Params("work", model, cut.params.mode if cut.params else "chat"), [Turn.prompt("how?")])
    return [event async for event in Continuing(server, cut, refused).stream(WORK, request)]


async def test_a_model_that_takes_the_beginning_goes_on_with_it() -> None:
    server = Server([" stir", " it."])
    events = await rest_of(server, "databricks-claude-3-7-sonnet", set())
    assert server.sent(0) == [("user", "how?"), ("assistant", CUT.text)]
    assert [event.text for event in events if isinstance(event, TextDelta)] == [" stir", " it."]
    assert isinstance(events[0], Notice)


async def test_a_model_that_refuses_the_beginning_is_told_instead_and_not_asked_so_again() -> None:
    refusal = ServerError("The conversation must end with a user message.", status=400)
    server = Server(refusal, ["the butter and stir."], ["the butter and stir."])
    refused: set[tuple[str, str]] = set()
    for _ in range(2):
        events = await rest_of(server, "databricks-claude-sonnet-4-6", refused)
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == " stir."
    assert [sent[-1][0] for sent in (server.sent(0), server.sent(1), server.sent(2))] == [
        *("assistant", "user", "user")
    ]
    assert server.sent(1)[-1] == ("user", instruction(CUT.text))
    assert "melt the butter and" in instruction(CUT.text)


async def test_other_models_are_told_and_their_refusal_is_the_users_to_see() -> None:
    server = Server(ServerError("no", status=400))
    with pytest.raises(ServerError):
        await rest_of(server, "databricks-meta-llama-3-3-70b-instruct", set())
    assert server.sent(0)[-1][0] == "user"


async def test_a_text_completion_goes_on_from_the_prompt_and_all_that_came() -> None:
    cut = replace(CUT, params=Params("work", "m", "completion", echo=True), text="how?\nmelt")
    server = Server([" it"])
    events = await rest_of(server, "m", set(), cut)
    assert server.asked[0].params.echo is None
    assert json.loads(b"".join(prompt(server.asked[0].turns))) == "how?\nmelt"
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == " it"
