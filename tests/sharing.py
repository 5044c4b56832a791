"""What the processes of a test run, and the apps in one of them, need not do each for itself."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis.internal import charmap
from hypothesis.internal.conjecture import providers
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.parse import parse
from textual.css.tokenize import tokenize_values

from tests.zygote import AUTHORITY, load

WORLD = certifi.where()
"""The authorities of all the world."""
FEWER_COLLECTIONS = 10_000
"""New objects after which rubbish is looked for; by Python's own figure it is a tenth of all work here."""


def import_all(tests: Path) -> None:
    """Import all tests and all that they may start."""
    load()
    charmap.charmap()  # which properties of texts draw from: in a new folder it takes seconds to make
    for path in sorted(tests.rglob("test_*.py")):
        # What is wrong with it is told when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.relative_to(tests.parent).with_suffix("").parts))
    providers._get_local_constants()  # what they draw, too: it reads the source of all modules


def collect_less() -> None:
    """Spare the tests from looking for rubbish in what was imported for all of them, and so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(FEWER_COLLECTIONS, 10, 10)


class _Tokens(dict[str, Any]):
    """Variables of a style sheet, equal to none but themselves."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


def trust_few() -> None:
    """Take one authority for those of all the world, whom to read takes longer than all else of a client."""
    certifi.where = lambda: str(AUTHORITY)


def share_style_sheets() -> None:
    """Parse the style sheets of all apps of this process once for each set of variables."""

    @lru_cache(32)
    def tokens(values: tuple[tuple[str, str], ...]) -> _Tokens:
        return _Tokens(tokenize_values(dict(values)))

    @lru_cache(2_000)
    def rules(scope: str, css: str, read_from: Any, variables: _Tokens, **options: Any) -> list[RuleSet]:
        return list(parse(scope, css, read_from, variable_tokens=variables, **options))

    def parsed(scope: str, css: str, read_from: Any, **options: Any) -> Iterable[RuleSet]:
        variables = options.pop("variable_tokens")
        return rules(scope, css, read_from, variables, **options)

    vars(stylesheet).update(tokenize_values=lambda values: tokens(tuple(values.items())), parse=parsed)
