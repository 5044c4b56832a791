"""Records behave as frozen dataclasses do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, field, fields, replace
from functools import partial

import pytest

from fmtui.core.record import NamedTuple, record


@record
class Place:
    """What the tests are made with."""

    name: str
    size: int = 3
    more: Mapping[str, int] = field(default_factory=dict)
    secret: str = field(default="", repr=False)

    @property
    def double(self) -> int:
        """Twice the size."""
        return 2 * self.size


def test_fields_are_given_in_their_order_or_by_their_names() -> None:
    place = Place("a", 4, secret="s")
    assert (place.name, place.size, place.more, place.secret, place.double) == ("a", 4, {}, "s", 8)
    assert Place(name="a").more is not Place(name="a").more


def test_records_are_equal_when_all_their_fields_are() -> None:
    assert Place("a") == Place("a", 3)
    assert Place("a") != Place("b")
    other: object = ("a", 3, {}, "")
    assert Place("a") != other
    same = {Place("a", more=()), Place("a", more=())}  # type: ignore[arg-type]  # something that has a hash
    assert len(same) == 1


def test_a_field_that_is_not_to_be_shown_is_not() -> None:
    assert repr(Place("a", secret="s")) == "Place(name='a', size=3, more={})"


@pytest.mark.parametrize("change", [lambda p: setattr(p, "name", "b"), lambda p: delattr(p, "name")])
def test_a_record_is_never_changed(change: Callable[[Place], None]) -> None:
    place = Place("a")
    with pytest.raises(FrozenInstanceError, match="name"):
        change(place)
    assert place.name == "a"


@pytest.mark.parametrize(
    ("values", "named", "wrong"),
    [
        ((), {}, "name"),
        (("a",), {"name": "b"}, "name"),
        (("a",), {"x": 1}, "x"),
        (tuple("abcde"), {}, "many"),
    ],
)
def test_a_value_too_few_or_too_many_is_an_error(
    values: tuple[str, ...], named: dict[str, object], wrong: str
) -> None:
    with pytest.raises(TypeError, match=wrong):
        Place(*values, **named)  # type: ignore[arg-type]  # that is the point


def test_the_means_for_dataclasses_work() -> None:
    place = Place("a", 4)
    assert replace(place, size=5) == Place("a", 5)
    assert [f.name for f in fields(place)] == ["name", "size", "more", "secret"]
    assert copy.deepcopy(place) == copy.copy(place) == place
    assert not hasattr(place, "__dict__")


class Pair(NamedTuple):
    """A tuple with names."""

    left: str
    right: Place | None = None

    @property
    def both(self) -> bool:
        """Whether there are two."""
        return self.right is not None

    def _swapped(self) -> str:
        return f"{self.right}{self.left}"


def test_tuples_have_names_defaults_and_methods_as_those_of_typing_have() -> None:
    pair = Pair("a")
    assert tuple(pair) == ("a", None)
    assert Pair(right=Place("b"), left="a").both
    assert not pair.both
    assert pair._swapped() == "Nonea"
    assert repr(pair) == "Pair(left='a', right=None)"
    assert tuple(pair._replace(left="c")) == ("c", None)
    assert (pair._fields, pair._field_defaults) == (("left", "right"), {"right": None})
    assert (Pair.__module__, Pair.__qualname__, Pair.__doc__) == (__name__, "Pair", "A tuple with names.")
    assert copy.deepcopy(pair) == pair == pickle.loads(pickle.dumps(pair))  # noqa: S301 - our own bytes
    assert Pair._make(["x", None])._asdict() == {"left": "x", "right": None}
    match pair:
        case Pair(left, right):
            assert (left, right) == ("a", None)


@pytest.mark.parametrize(
    "make",
    [
        partial(Pair),
        lambda: Pair("a", None, None),  # type: ignore[call-arg]
        lambda: Pair("a", left="b"),  # type: ignore[misc]
        lambda: Pair("a", middle="b"),  # type: ignore[call-arg]
        lambda: Pair("a")._replace(middle="b"),  # type: ignore[call-arg]
    ],
)
def test_a_tuple_takes_each_of_its_fields_once_and_no_other(make: Callable[[], Pair]) -> None:
    with pytest.raises((TypeError, ValueError)):
        make()
