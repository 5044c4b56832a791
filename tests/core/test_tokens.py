"""Reading the tokens that servers and programs give out, and how long they last."""

import time
from datetime import datetime

import pytest

from fmtui.core.tokens import Token, token_in

NOW = datetime.fromisoformat("2026-11-22T21:00:00+00:00").timestamp()


@pytest.mark.parametrize(
    ("said", "lifetime"),
    [
        ({"expiry": "2026-11-22T21:41:57Z"}, 2517),
        *(({"expiry": f"2026-11-22T21:41:57.{'123456789'[:digits]}Z"}, 2517) for digits in range(10)),
        ({"expiry": "2026-11-22T23:41:57.123456789+02:00"}, 2517),
        ({"expiry": "2026-11-22T20:00:00Z"}, -3600),
        ({"expiry": "2026-11-22T21:41:57Z", "expires_in": 9999}, 2517),
        ({"expiry": "soon", "expires_in": "60"}, 60),
        ({"expiry": "0001-01-01T00:00:00Z"}, None),
        ({"expires_on": str(int(NOW) + 5), "expiresOn": "2030-01-01 00:00:00.000000"}, 5),
        ({"expires_in": None}, None),
        ({"expires_in": "x"}, None),
        ({"expires_in": True}, None),
        ({"expires_in": 10**400}, None),
        ({"expires_in": float("nan")}, None),
        ({}, None),
    ],
)
def test_the_lifetime_is_read_in_every_form(said: dict[str, object], lifetime: float | None) -> None:
    assert token_in({"access_token": "t", **said}, NOW) == Token("t", lifetime)


def test_a_moment_without_a_zone_is_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC-3")
    time.tzset()
    try:
        found = token_in({"accessToken": "t", "expiresOn": "2026-11-23 00:10:00.000000"}, NOW)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found == Token("t", 600)


@pytest.mark.parametrize("answer", [None, [], "t", {}, {"access_token": None}, {"access_token": " "}])
def test_what_holds_no_token_gives_none(answer: object) -> None:
    assert token_in(answer, NOW) is None
