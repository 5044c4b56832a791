"""What those who give out tokens say of them: an OAuth server, the Databricks CLI, a token command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from fmtui.core.foreign_json import number_in
from fmtui.core.record import NamedTuple


class Token(NamedTuple):
    """A token and how long it can be used."""

    text: str
    lifetime_s: float | None = None
    """Seconds from now until it expires; 0 or less when it has, None when nothing was said of it."""

    def __repr__(self) -> str:
        return f"Token(lifetime_s={self.lifetime_s})"


def token_in(answer: object, now: float) -> Token | None:
    """Return the token of a JSON answer, None when it holds none.

    A moment of expiry counts more than a number of seconds, which may be as old as a cache.

    Args:
        answer: the JSON value, in the form of OAuth, of `databricks auth token` or of
            `az account get-access-token`.
        now: the time of day, in seconds since 1970.
    """
    if not isinstance(answer, Mapping):
        return None
    text = answer.get("access_token", answer.get("accessToken"))
    if not isinstance(text, str) or not text.strip():
        return None
    moments = (
        _moment(answer.get("expiry")),
        number_in(answer.get("expires_on")),
        _moment(answer.get("expiresOn")),
    )
    until = next((moment for moment in moments if moment is not None), None)
    if until is not None:
        return Token(text.strip(), until - now)
    return Token(text.strip(), number_in(answer.get("expires_in", answer.get("expiresIn"))))


def first_line(content: bytes) -> str:
    """Return the first line that is not blank: password stores keep notes below the password."""
    text = content.decode("utf-8-sig", "replace")
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def is_sendable(token: str) -> bool:
    """Return whether a header can carry a token: no blank, no control character, ASCII only."""
    return bool(token) and all("!" <= character <= "~" for character in token)


def _moment(value: object) -> float | None:
    """Return a moment in seconds since 1970; without a zone it is this machine's local time."""
    if not isinstance(value, str):
        return None
    try:
        # Go writes up to nine digits of a second, which no parser of Python's takes.
        moment = datetime.fromisoformat(re.sub(r"\.\d*", "", value.strip()))
        # The zero time of Go, in the year 1, stands for a token that does not expire.
        return moment.timestamp() if moment.year > 1970 else None
    except (ValueError, OverflowError, OSError):
        return None
