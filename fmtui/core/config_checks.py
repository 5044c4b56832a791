"""Judging the values of the configuration file, one by one.

Each check answers with the value as fmtui uses it, or says what it should have been. A
`Report` gathers what was wrong, so that everything valid is kept. What may hold a key is
never quoted: not in a message, not in a `repr`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from fmtui.core.chat import MAX_TOKENS_LIMIT
from fmtui.core.config_text import line_of
from fmtui.core.errors import ConfigError
from fmtui.core.parameter_values import Parameter, is_json
from fmtui.core.parameters import PARAMETERS
from fmtui.core.text import one_line

Check: TypeAlias = Callable[[object], Any]
Checks: TypeAlias = Mapping[str, Check]
Keys: TypeAlias = tuple[str, ...]

UNQUOTED = frozenset(
    {
        *(
            "client_key_password_env",
            "token",
            "token_env",
            "token_command",
            "token_file",
            "username",
            "url",
            "headers",
            "body",
            "profile",
        ),
        *("client_id", "client_secret", "client_secret_env"),
    }
)
"""Keys whose values may hold a secret, by design or by mistake."""

_LONGEST_TIMEOUT = 86_400
# Compiled when they are needed: most configurations need none of them.
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_LIKE_A_KEY = r"(dapi|dose|eyJ)[A-Za-z0-9_]{16,}|[0-9a-fA-F]{24,}"
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_OURS = ("messages", "prompt", "stream")
_LONG_NUMBER = 10**40


class UnfitError(ValueError):
    """A value is not what its key needs; the text says what it should be."""

    def __init__(self, wanted: str, hint: str = "") -> None:
        super().__init__(wanted)
        self.hint = hint


class Report:
    """Gathers what is wrong with one configuration file."""

    def __init__(self, path: Path, text: str, *, private: bool, mending: str = "") -> None:
        self.path = path
        self.private = private
        """Whether nobody but its owner can read the file."""
        self.mending = mending
        """The command that keeps others from changing the file; empty when they cannot."""
        self.problems: list[ConfigError] = []
        self._text = text

    def laxity(self, *, holds_key: bool) -> tuple[str, str] | None:
        """Return why a key must not be used, and the command that mends it; None when it may.

        Args:
            holds_key: whether the file has the key itself. Where it only says where the key is,
                it may be read by all, but who can change it chooses where the key goes.
        """
        if holds_key and not self.private:
            import shlex  # noqa: PLC0415 - only a mistake pays for it

            return "other users can read the file", f"Run: chmod 600 {shlex.quote(str(self.path))}"
        return ("other users can change the file", f"Run: {self.mending}") if self.mending else None

    def add(self, keys: Keys, message: str, hint: str = "") -> ConfigError:
        """Note a problem with the key at `keys`; file and line are put in front of the sentence.

        Who has to say it again says it in the same words, so that nobody is told it twice.
        """
        line = line_of(self._text, keys)
        where = f"{self.path}, line {line}" if line else str(self.path)
        problem = ConfigError(f"{where}: {message}", hint, file=str(self.path), line=line, key=dotted(keys))
        self.problems.append(problem)
        return problem

    def read(self, table: Mapping[str, object], where: Keys, checks: Checks) -> dict[str, Any]:
        """Return what is valid of a table, and note what is not."""
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in checks:
                self.add((*where, key), f"there is no key {dotted((*where, key))}.", nearest(key, checks))
                continue
            try:
                values[key] = checks[key](value)
            except UnfitError as error:
                self.unfit((*where, key), value, error)
        return values

    def unfit(self, keys: Keys, value: object, error: UnfitError) -> None:
        """Note a value that its check refused."""
        shown = _type_name(value) if keys[-1] in UNQUOTED else _shown(value)
        self.add(keys, f"{dotted(keys)} must be {error}, not {shown}.", error.hint)


def dotted(keys: Keys) -> str:
    """Return a path of keys as TOML writes it."""
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{one_line(key, 60)}"' for key in keys)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint with the known word that is most like one that was typed, or with all of them."""
    import difflib  # noqa: PLC0415 - only a mistake pays for it

    choices = sorted(known)
    # Two when both are close: "modle" is nearer to "mode", but may well mean "model".
    close = difflib.get_close_matches(word.lower(), choices, 2, 0.75)
    if close or (close := difflib.get_close_matches(word.lower(), choices, 1, 0.5)):
        return f"Did you mean {' or '.join(close)}?"
    return f"Known here: {', '.join(choices)}." if choices else ""


def _type_name(value: object) -> str:
    """Return what a value is, in TOML's words, without showing it."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (str, "this text"),
        (int, "a number"),
        (float, "a number"),
        (list, "a list"),
        (dict, "a table"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "a date or time")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{one_line(value, 40)}"'
    if isinstance(value, int) and abs(value) >= _LONG_NUMBER:
        return "a number of many digits"  # which Python may refuse to write out
    return str(value) if isinstance(value, int | float) else _type_name(value)


# ---- checks -----------------------------------------------------------------


def text(value: object) -> str:
    """Take a string."""
    if not isinstance(value, str):
        raise UnfitError("text in quotes")
    return value


def word(value: object) -> str:
    """Take a string that is not blank, without the blanks around it."""
    if not text(value).strip():
        raise UnfitError("a text that is not empty")
    return text(value).strip()


def flag(value: object) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise UnfitError("true or false")
    return value


def tokens(value: object) -> int:
    """Take a number of tokens."""
    if type(value) is not int or not 1 <= value <= MAX_TOKENS_LIMIT:
        raise UnfitError(f"a whole number from 1 to {MAX_TOKENS_LIMIT:,}")
    return value


def seconds(value: object) -> float:
    """Take a time limit in seconds."""
    if type(value) not in (int, float) or not 0 < value <= _LONGEST_TIMEOUT:  # type: ignore[operator]  # a number by now
        raise UnfitError(f"a number of seconds, more than 0 and at most {_LONGEST_TIMEOUT:,}")
    return float(value)  # type: ignore[arg-type]  # same


def words(value: object) -> tuple[str, ...]:
    """Take a list of strings that are not blank."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise UnfitError("a list of texts, none empty")
    return tuple(item.strip() for item in value)


def command(value: object) -> tuple[str, ...]:
    """Take a program and its arguments."""
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise UnfitError(
            "a list: the program and its arguments", 'Write it as ["pass", "show", "llm"]; no shell reads it.'
        )
    if not value[0].strip() or any("\0" in item for item in value):
        raise UnfitError("a list that begins with a program")
    return tuple(value)


def variable(value: object) -> str:
    """Take the name of an environment variable; a token put there by mistake is refused, not shown."""
    if not isinstance(value, str) or not re.fullmatch(_VARIABLE, value) or re.match(_LIKE_A_KEY, value):
        raise UnfitError(
            "the name of an environment variable", "The token itself belongs into that variable, not here."
        )
    return value


def one_of(*choices: str) -> Check:
    """Return a check for one of a few words."""

    def check(value: object) -> str:
        if value not in choices:
            hint = nearest(value, choices) if isinstance(value, str) else ""
            raise UnfitError("one of " + ", ".join(f'"{choice}"' for choice in choices), hint)
        return str(value)

    return check


def headers(value: object) -> dict[str, str]:
    """Take a table of request headers."""
    if not isinstance(value, dict):
        raise UnfitError("a table of texts")
    for name, content in value.items():
        if not re.fullmatch(_HEADER_NAME, name):
            raise UnfitError("a table whose keys are names of headers")
        if not isinstance(content, str) or not content.isascii() or not content.isprintable():
            raise UnfitError("a table of texts on one line, in ASCII")
    return dict(value)


def body(value: object) -> dict[str, object]:
    """Take a table of further fields of the request body."""
    if not isinstance(value, dict):
        raise UnfitError("a table")
    if taken := sorted(set(value) & set(_OURS)):
        raise UnfitError(f"a table without {', '.join(taken)}, which fmtui sets itself")
    if not is_json(value):
        raise UnfitError("a table that JSON can express, so without dates, times, nan and inf")
    return dict(value)


def binding(value: object) -> str:
    """Take the keys of one binding; several may be a list, or one text with commas."""
    if isinstance(value, list) and value and all(isinstance(key, str) and key.strip() for key in value):
        return ",".join(key.strip() for key in value)
    if not isinstance(value, str):
        raise UnfitError("text in quotes", 'Write "reply.stop" = "escape".')
    return value


def table(value: object) -> dict[str, object]:
    """Take a table of anything."""
    if not isinstance(value, dict):
        raise UnfitError("a table")
    return value


def parameter(known: Parameter) -> Check:
    """Return the check of a parameter of requests."""

    def check(value: object) -> Any:
        try:
            return known.taken(value)
        except ValueError as error:
            raise UnfitError(str(error)) from None

    return check


PARAMETER_KEYS: Checks = MappingProxyType(
    # Not `body`: an endpoint's may hold keys, and is told apart for that.
    {known.name: parameter(known) for known in PARAMETERS if known.name != "body"}
)
"""Parameters that a configuration may set, and how each is judged."""
