"""How full a context is: from what servers counted, and from guesses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fmtui.core.attachments import attachment
from fmtui.core.chat import Params, Turn, TurnList, Usage
from fmtui.core.context import Context, Cut, cut_of, told_window
from tests.core.test_attachments import PNG


def prompt(characters: int) -> Turn:
    return Turn("p", "user", "x" * characters)


def reply(characters: int, usage: Usage | None = None) -> Turn:
    return Turn("r", "assistant", "x" * characters, params=Params(model="m"), outcome="complete", usage=usage)


def test_without_a_count_four_characters_are_a_token_and_it_says_that_it_guessed() -> None:
    load = Context(TurnList([prompt(384), reply(784)]), system="y" * 384).load(answer=100, window=1_000)
    assert (load.tokens, load.guessed, load.overflows) == (400, True, False)
    assert load.share == pytest.approx(0.4)


def test_what_the_server_counted_is_taken_as_it_is_and_reasoning_is_not_sent_back() -> None:
    path = TurnList([prompt(400), reply(400, Usage(700, 300, 1_000, 200))])
    load = Context(path, system="unused").load(answer=1, window=None)
    assert (load.tokens, load.guessed, load.share, load.overflows) == (800, False, None, False)


def test_what_came_after_the_count_is_guessed_at_the_rate_that_it_shows() -> None:
    one_each = TurnList([prompt(984), reply(984, Usage(1_000, 1_000)), prompt(84), reply(84)])
    assert Context(one_each).load(prompt="z" * 84, answer=1, window=None).tokens == 2_300


def test_a_picture_weighs_as_a_picture_and_not_as_its_name() -> None:
    picture = attachment("p.png", PNG).mention
    new = Context(TurnList()).load(prompt=picture, answer=1, window=None)
    assert 1_500 <= new.tokens < 1_550
    # A count with a picture in it says nothing of how long the words of a language are.
    path = TurnList([Turn("p", "user", picture), reply(0, Usage(1_520, 10)), prompt(4_000)])
    assert 2_500 < Context(path).load(answer=1, window=None).tokens < 2_700


@pytest.mark.parametrize("usage", [Usage(7, 7, 14, estimated=True), Usage(None, 7), None])
def test_counts_that_are_guesses_or_halves_are_not_taken(usage: Usage | None) -> None:
    assert Context(TurnList([prompt(400), reply(400, usage)])).load(answer=1, window=None).guessed


def test_a_count_from_before_turns_were_left_out_is_not_taken() -> None:
    path = TurnList([prompt(384), reply(384), prompt(384), reply(384, Usage(9_000, 9_000))])
    load = Context(path, 2, datetime.now(UTC)).load(answer=1, window=None)
    assert (load.tokens, load.guessed) == (200, True)
    load = Context(path, 2, datetime(2020, 1, 1, tzinfo=UTC)).load(answer=1, window=None)
    assert (load.tokens, load.guessed) == (18_000, False)


@pytest.mark.parametrize(("window", "first"), [(750, 0), (749, 2), (549, 4), (349, 6), (149, None)])
def test_as_few_turns_as_possible_are_left_out_and_a_prompt_is_the_first(
    window: int, first: int | None
) -> None:
    path = TurnList([turn for _ in range(3) for turn in (prompt(384), reply(384))])
    found = Context(path).first_that_fits(
        prompt="z" * 384, answer=50, window=window, is_prompt=lambda index: index % 2 == 0
    )
    assert found == first


def test_long_paths_are_only_weighed() -> None:
    class Weighed:
        made = 0

        def __len__(self) -> int:
            return 10_000

        def __getitem__(self, index: int) -> Turn:
            self.made += 1
            return reply(100) if index % 2 else prompt(100)

        def weight(self, index: int) -> int:
            return 100

        def id_of(self, index: int) -> str:
            return str(index)

    path = Weighed()
    assert Context(path).load(answer=1, window=None).tokens == 290_000
    assert path.made < 20


def test_the_latest_choice_on_the_path_says_where_it_begins() -> None:
    now = datetime.now(UTC)
    early, late = Cut("t3", now), Cut("b2", now + timedelta(minutes=1))
    assert cut_of([early, late], ["t1", "t2", "t3", "t4"]) == (early, 2)
    assert cut_of([early, late], ["t1", "b2", "t3"]) == (late, 1)
    assert cut_of([late, early], ["t3", "b2"]) == (late, 1)
    assert cut_of([early], ["t1"]) is None
    same = Cut("t1", now)
    assert cut_of([early, same], ["t1", "t3"]) == (same, 0)


@pytest.mark.parametrize(
    ("message", "window"),
    [
        ("This model's maximum context length is 8192 tokens. However, you requested 9000", 8_192),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200_000),
        ("the request exceeds the available context size (4096 tokens)", 4_096),
        ("Input is too long: the limit is 131,072 tokens", 131_072),
        ("reduce the length of the messages", None),
    ],
)
def test_a_server_that_refuses_may_say_its_window(message: str, window: int | None) -> None:
    assert told_window(message) == window
