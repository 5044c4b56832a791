"""Fields of a request that a model turned out not to take, in the server's words.

A model that refuses a field says so with a 400 before it does anything, so the request can be made
again without the field and nothing is paid twice. It is left out from then on, in later runs too,
until it is set again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Protocol

from fmtui.core.chat import Params
from fmtui.core.errors import AuthError, ContextLengthError, FmtuiError, ServerError
from fmtui.core.parameters import REASONING_FIELD, fields_of, parameter_of
from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line

MOST_KEPT = 500
"""Refusals that are kept; the oldest go first."""
_WORDS = 300
"""Characters of the server's words that are kept."""
_UNTAKEN = re.compile(
    r"(?:not|n't|no longer) (?:be |currently )?(?:support|permit|allow|accept|recogni[sz]|available)"
    r"|\bunsupported\b|\bunrecogni[sz]ed\b|\bunknown\b|\bunexpected\b"
    r"|\bdeprecated\b|\binvalid (?:field|parameter|argument|key)\b|\bextra (?:inputs|fields|keys)\b"
    r"|\bcannot (?:be (?:set|specified|used)|find field)|\bdoes not (?:have|take)\b"
    r"|\bno such (?:field|parameter)\b",
    re.IGNORECASE,
)
_EITHER = re.compile(r"\b(?:both|together|only one|either)\b", re.IGNORECASE)
"""Says that fields exclude one another: which one to leave out is for the user to say."""
_OF_A_VALUE = re.compile(
    r"\b(?:supported|allowed|valid|possible) values\b|\bmust be\b|\bshould be\b|\bexpected\b", re.IGNORECASE
)
"""Says that the field is taken, only not with this value."""
_SENTENCE = re.compile(r"(?<=[.;!])\s+|\n")


class Refusal(NamedTuple):
    """One field that one model does not take."""

    endpoint: str
    model: str
    field: str
    words: str


class Keeps(Protocol):
    """Whatever keeps refusals from one run to the next."""

    def load_refusals(self) -> list[Refusal]:
        """Return what was kept; nothing when it cannot be read."""
        ...

    def change_refusals(self, change: Callable[[list[Refusal]], list[Refusal]]) -> list[Refusal]:
        """Keep what a change makes of those that are kept, and return it; raises `StorageError`."""
        ...


class Refusals:
    """What is known of every endpoint and model. Its methods may be called from any thread.

    Args:
        keeps: where they stay; without it they are forgotten at the end.
    """

    def __init__(self, keeps: Keeps | None = None) -> None:
        self._keeps = keeps
        self._known: list[Refusal] | None = None
        self._unkept: list[_Change] = []
        """What was learnt since they were last kept."""
        self._lock = threading.Lock()

    def of(self, endpoint: str, model: str) -> Mapping[str, str]:
        """Return the fields that a model does not take, and the server's words for each."""
        with self._lock:
            known = self._load()
        return {each.field: each.words for each in known if (each.endpoint, each.model) == (endpoint, model)}

    def add(self, endpoint: str, model: str, fields: Mapping[str, str]) -> None:
        """Remember fields that a model does not take."""
        self._change(_Change(endpoint, model, fields, learnt=True))

    def forget(self, endpoint: str, model: str, parameters: Collection[str]) -> None:
        """Have the fields of parameters sent again, to see whether the model takes them by now."""
        fields = {
            field: words
            for field, words in self.of(endpoint, model).items()
            if parameter_of(field) in parameters
        }
        if fields:
            self._change(_Change(endpoint, model, fields, learnt=False))

    def _load(self) -> list[Refusal]:
        if self._known is None:
            self._known = [] if self._keeps is None else self._keeps.load_refusals()
        return self._known

    def _change(self, change: _Change) -> None:
        with self._lock:
            self._known = _changed([change], self._load())
            if self._keeps is not None:
                # Made in what is kept by now: another window may have learnt something, too.
                self._unkept.append(change)
                try:
                    self._known = self._keeps.change_refusals(partial(_changed, self._unkept))
                except FmtuiError:
                    return  # it costs one more refused request in the next run
                self._unkept = []


class _Change(NamedTuple):
    """What was learnt of fields of a model, with the server's words for each."""

    endpoint: str
    model: str
    fields: Mapping[str, str]
    learnt: bool
    """Whether they are refused; else they are sent again."""


def _changed(changes: Iterable[_Change], known: list[Refusal]) -> list[Refusal]:
    for endpoint, model, fields, learnt in changes:
        others = [
            each
            for each in known
            if (each.endpoint, each.model) != (endpoint, model) or each.field not in fields
        ]
        new = [Refusal(endpoint, model, *each) for each in fields.items()] if learnt else []
        known = [*others, *new][-MOST_KEPT:]
    return known


def refused_fields(
    error: FmtuiError, params: Params, body: Mapping[str, object], omitted: Collection[str]
) -> dict[str, str]:
    """Return the fields that an error says a model does not take, with its words; none for other errors.

    Args:
        error: what came of a request.
        params: what it was made with.
        body: the further fields of the endpoint.
        omitted: the fields that were left out.
    """
    if not isinstance(error, ServerError) or error.status not in (400, 422):
        return {}
    if isinstance(error, AuthError | ContextLengthError) or _OF_A_VALUE.search(error.message):
        return {}
    sent = {*fields_of(params), *body, *params.extra} - {"max_tokens"}
    names = {field: rf"(?<![\w-]){re.escape(field)}(?![\w-])" for field in sent}
    if params.send_reasoning:
        names[REASONING_FIELD] = r"\breasoning(?:_content)?\b"
    found: dict[str, str] = {}
    for sentence in _SENTENCE.split(error.message):
        if not _UNTAKEN.search(sentence) or _EITHER.search(sentence):
            continue
        for field, pattern in names.items():
            if field not in omitted and re.search(pattern, sentence):
                found[field] = one_line(error.message, _WORDS)
    return found


def notice(model: str, fields: Mapping[str, str]) -> str:
    """Return what to tell people of fields that a model refused just now."""
    names = list(dict.fromkeys(map(parameter_of, fields)))
    what = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    words = next(iter(fields.values()), "").rstrip(". ")
    return (
        f"{one_line(model, 80) or 'The model'} does not take {what}: “{words}”. "
        f"From now on it is asked without; set {'it' if len(names) == 1 else 'them'} again to try again."
    )
