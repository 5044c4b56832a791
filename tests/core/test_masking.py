"""Keys in text that others wrote: masked however they are quoted; and in what fmtui writes to its log."""

import html
import json
import logging
import os
import re
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Event, Model, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from fmtui.core.errors import ConfigError
from fmtui.core.failures import About
from fmtui.core.keyless import told
from fmtui.core.logfile import log_to
from fmtui.core.masking import Unkeyed
from fmtui.core.text import MASK, masked
from fmtui.core.wire import Decoder

KEY = "dapi/0123+456 789é="


def test_a_key_is_masked_however_it_is_quoted() -> None:
    quoted = (
        *(
            KEY,
            quote(KEY),
            quote(KEY, safe=""),
            re.sub("%..", lambda m: m[0].lower(), quote(KEY)),
            quote_plus(KEY),
        ),
        *(json.dumps(KEY), json.dumps(KEY, ensure_ascii=False), html.escape(f"<{KEY}>")),
        *(b64encode(KEY.encode()).decode(), urlsafe_b64encode(f"ann:{KEY}:x".encode()).decode()),
    )
    for text in quoted:
        found = masked(f"before {text} after", (KEY,))
        assert MASK in found
        assert "0123" not in found
        assert found.startswith("before ")
        assert found.endswith(" after")
    assert masked("a test of text", ("test",)) == f"a {MASK} of text"
    assert masked("of it", ("of", "")) == "of it", "too short to be told from words"


@settings(max_examples=25)
@given(st.binary(max_size=4), st.text(min_size=12, max_size=30), st.binary(max_size=4))
def test_no_text_in_base64_shows_a_key_in_it(before: bytes, key: str, after: bytes) -> None:
    content = key.encode("utf-8", "replace")
    word = b64encode(before + content + after).decode()
    assert masked(f"({word})", (content.decode(),)) == f"({MASK})"


def test_the_longest_key_is_masked_first_and_a_mask_is_not_masked_again() -> None:
    assert masked("key-12345", ("key-1", "key-12345")) == MASK
    assert masked("hidden hidden", ("hidden",)) == f"{MASK} {MASK}"


@pytest.mark.parametrize("kind", get_args(Event))
def test_of_what_a_server_says_only_the_answer_itself_is_kept_as_it_came(kind: Any) -> None:
    """All texts of all kinds of events, those that are yet to come too."""
    own = {(TextDelta, "text"), (ReasoningDelta, "text"), (ToolCallDelta, "arguments")}
    numbers = {"index": 0, "usage": Usage(), "after_s": 1.0, "attempt": 2}
    values = {name: numbers.get(name, f"a {KEY}") for name in kind.__match_args__}
    (found,) = Unkeyed((KEY,)).events([kind(**values)])
    for name, value in values.items():
        masked_here = isinstance(value, str) and (kind, name) not in own
        assert getattr(found, name) == (f"a {MASK}" if masked_here else value)


def test_a_reason_to_stop_that_is_cut_shows_no_half_of_a_key() -> None:
    for before in range(150, 210):
        decoder = Decoder(About(secrets=(KEY,)))
        events = decoder.take({"choices": [{"delta": {}, "finish_reason": "x" * before + KEY}]})
        assert "dapi" not in decoder.finish_reason + repr(events)
        assert 150 <= len(decoder.finish_reason) <= 200


def test_a_listing_keeps_no_key_in_names_that_are_written_to_disk() -> None:
    url = f"https://x/{quote(KEY)}"
    models = [
        Model(f"a-{KEY}", "llm/v1/chat", ready=False, label=KEY, note=f"see {quote(KEY)}", url=url, id=KEY),
        Model("b"),
    ]
    found = Unkeyed((KEY,)).models(models)
    assert found == [
        Model(
            f"a-{MASK}",
            "llm/v1/chat",
            ready=False,
            label=MASK,
            note=f"see {MASK}",
            url=f"https://x/{MASK}",
            id=MASK,
        ),
        Model("b"),
    ]
    assert Unkeyed(()).models(models) == models


# ---- the log ----------------------------------------------------------------


def send(key: str) -> None:
    raise httpx.LocalProtocolError(f"Illegal header value b'X {key}'")


def ask(key: str) -> None:
    try:
        send(key)
    except httpx.LocalProtocolError as error:
        raise ConfigError("A request header holds a character that cannot be sent.") from error


def failing(key: str) -> ConfigError:
    """Return an error as the transport leads to one, with a key in what led to it."""
    with pytest.raises(ConfigError) as caught:
        ask(key)
    return caught.value


def test_the_log_has_where_an_error_came_from_and_no_key(tmp_path: Path) -> None:
    before, path = os.umask(0), tmp_path / "state" / "fmtui" / "fmtui.log"
    logger = logging.getLogger("fmtui")
    known = list(logger.handlers)
    try:
        log_to(path)
        logger.getChild("test").error("unexpected error", exc_info=failing("hunter22"))
        group = ExceptionGroup("two", [ValueError("Bearer hunter22"), httpx.ReadError("hunter22")])
        logger.getChild("test").error("sent Basic hunter22=, dapi0123456789abcdef", exc_info=group)
        logger.getChild("test").warning("via http://ann:hunter22@proxy:1")
    finally:
        os.umask(before)
        for handler in set(logger.handlers) - set(known):
            logger.removeHandler(handler)
            handler.close()
        logger.propagate = True
    text = path.read_text()
    assert "hunter22" not in text
    assert "dapi0123" not in text
    for expected in (
        "in send",
        "LocalProtocolError\n",
        "directly caused this one",
        "ConfigError: A request",
    ):
        assert expected in text
    assert f"ValueError: {MASK}" in text
    assert "via http://[hidden]@proxy:1" in text
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_an_error_is_told_in_a_line_without_the_words_of_the_transport() -> None:
    assert told(KeyError("x")) == "KeyError: 'x'"
    assert told(httpx.LocalProtocolError("hunter22")) == "LocalProtocolError"
    assert told(ValueError("Authorization: Bearer hunter22")) == f"ValueError: Authorization: {MASK}"
