"""What must hold whatever comes in: one check for each way into the program."""

from __future__ import annotations

import asyncio
from codecs import getincrementaldecoder
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fmtui.core.chat import Params, Turn
from fmtui.core.config import load, offered
from fmtui.core.errors import FmtuiError, StorageError
from fmtui.core.failures import error_from, not_an_api, stream_error
from fmtui.core.listing import parse_listing
from fmtui.core.profiles import from_profiles
from fmtui.core.sessions import SessionStore
from fmtui.core.state import StateFile
from fmtui.core.text import clipboard_safe, normalised, one_line, printable
from fmtui.core.wire import Decoder
from fmtui.ui.conversation.find import Query
from fmtui.ui.conversation.lines import width_of_runs
from fmtui.ui.conversation.markdown import render
from fmtui.ui.conversation.stream import StreamDoc
from fmtui.ui.terminal_input import InputParser
from fmtui.ui.themes import load_themes
from tests.core.asking import Answer, play
from tests.fuzz import strategies as hostile
from tests.servers import answer, stream

SENTENCE = 4000
"""Characters that a sentence for a person never exceeds: a server's part in it is capped."""


@dataclass(frozen=True, slots=True)
class Target:
    """One way into the program: what comes in, and the check that it meets."""

    inputs: SearchStrategy[Any]
    check: Callable[[Any], None]


def is_sentence(text: str) -> None:
    """Assert that a text can be shown as it is: printable, on one line, of some length at most."""
    assert printable(text) == text
    assert "\n" not in text
    assert "\t" not in text
    assert len(text) <= SENTENCE


def _is_clean(error: FmtuiError | None) -> None:
    if error is not None:
        is_sentence(error.message)
        is_sentence(error.hint)


# ---- servers ------------------------------------------------------------------


def _what_came(found: Answer) -> tuple[object, ...]:
    turn = found.turn
    calls = turn.tool_calls if turn else ()
    return (found.text, found.reasoning, calls, found.outcome, found.finish_reason, str(found.error))


def check_stream(given: tuple[bytes, list[int]]) -> None:
    """Any bytes with status 200: one of our errors or none, and the same however they are cut."""
    content, places = given
    whole = asyncio.run(play(stream(content)))
    cut = asyncio.run(play(stream(*hostile.pieces(content, places))))
    assert _what_came(whole) == _what_came(cut)
    _is_clean(whole.error)
    for notice in whole.notices:
        is_sentence(notice)
    assert len(whole.text) + len(whole.reasoning) <= len(content)


def check_refusal(given: tuple[int, bytes, dict[str, str]]) -> None:
    """Any body with any other status, over the wire and to the function that reads it."""
    status, body, headers = given
    error = error_from(status, headers, body)
    _is_clean(error)
    is_sentence(error.code)
    is_sentence(error.request_id)
    assert error.retry_after_s is None or error.retry_after_s > 0
    _is_clean(not_an_api(body, headers.get("content-type", "")))
    found = asyncio.run(play(answer(body, status)))
    assert found.error is not None
    _is_clean(found.error)


def check_value(value: object) -> None:
    """Any JSON value, as data of a stream and as an error in one."""
    decoder = Decoder()
    try:
        decoder.take(value)
    except FmtuiError as error:
        _is_clean(error)
    decoder.finish()
    _is_clean(stream_error(value))


def check_listing(body: bytes) -> None:
    """Any body as a list of models."""
    for kind in ("databricks", "openai"):
        try:
            models = parse_listing(kind, body)
        except FmtuiError as error:
            _is_clean(error)
            continue
        assert len({model.name for model in models}) == len(models)
        for model in models:
            assert model.name.strip()
            normalised(model.name).encode()


# ---- files --------------------------------------------------------------------


def check_config(content: bytes) -> None:
    """Any bytes as the configuration: fmtui starts, says what is wrong and leaves the file alone."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_bytes(content)
        config = load(path)
        endpoints, problems = offered(config, {}, Path(folder))
        assert endpoints[-1].name == "demo"
        assert len({endpoint.name for endpoint in endpoints}) == len(endpoints)
        for problem in problems:
            _is_clean(problem)
        assert path.read_bytes() == content


def check_profiles(content: bytes) -> None:
    """Any bytes as `.databrickscfg`."""
    with TemporaryDirectory() as folder:
        path = Path(folder, ".databrickscfg")
        path.write_bytes(content)
        _, problems = from_profiles(path)
        for problem in problems:
            _is_clean(problem)
        assert path.read_bytes() == content


def check_state(content: bytes) -> None:
    """Any bytes as what was remembered: read, and saved again as it was understood."""
    with TemporaryDirectory() as folder:
        file = StateFile(Path(folder, "state.toml"))
        file.path.write_bytes(content)
        state = file.load()
        assert file.path.read_bytes() == content
        file.save(state)
        again = file.load()
        assert again.endpoint == normalised(state.endpoint)
        assert again.sidebar_width == state.sidebar_width


def check_theme(content: bytes) -> None:
    """Any bytes as a theme: a sentence, or a theme of which every colour can be made."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "mine.toml")
        path.write_bytes(content)
        themes, problems = load_themes([Path(folder)])
        assert len(themes) + len(problems) == 1
        for theme in themes:
            theme.to_color_system().generate()
        for problem in problems:
            is_sentence(problem)


def check_session(given: tuple[bytes, bytes]) -> None:
    """Any bytes as a session and as what a crashed reply left: readable, never lost, and goes on."""
    content, left = given
    with TemporaryDirectory() as folder:
        path, live = Path(folder, "s.toml"), Path(folder, "s.r1.live")
        path.write_bytes(content)
        live.write_bytes(left)
        store = SessionStore(Path(folder))
        store.heads()
        list(store.search("o"))
        reader = store.open("s", write=False)
        reader.all_turns()
        reader.verify()
        reader.close()
        assert (path.read_bytes(), live.read_bytes()) == (content, left)
        session = store.open("s")
        session.verify()
        before = session.all_turns()
        added = Turn.prompt("and on")
        try:
            session.append(added)
            session.rename("a new title")
        except StorageError:
            assert session.read_only
        notices = session.notices
        session.close()
        for notice in notices:
            is_sentence(notice)
        again = store.open("s", write=False)
        expected = before if session.read_only else [*before, added]
        assert [turn.text for turn in again.all_turns()] == [turn.text for turn in expected]
        again.close()


def check_text(text: str) -> None:
    """Any text on its way to the terminal, into a line or a paste."""
    shown = printable(text)
    assert len(shown) == len(text)
    shown.encode()
    for made in (shown, clipboard_safe(text), one_line(text, 40)):
        assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in made)
    assert len(one_line(text, 40)) <= 40


def check_markdown(given: tuple[str, int, int]) -> None:
    """Any answer as it is drawn: whole and as it comes the same lines, none wider than the window."""
    text, width, size = given
    lines = render(text, width)
    streamed = StreamDoc(width)
    step = max(size, len(text) // 8, 1)
    for start in range(0, len(text), step):
        streamed.feed(text[start : start + step])
        streamed.flush()
    streamed.finish()
    assert streamed.lines == lines
    for line in lines:
        shown = "".join(part for part, _ in line)
        assert printable(shown) == shown
        assert "\n" not in shown
        assert width_of_runs(line) <= width


def check_find(given: tuple[str, str]) -> None:
    """Any text searched for in any answer: what is drawn is never passed over."""
    text, wanted = given
    query = Query(wanted)
    turn = Turn("r", "assistant", normalised(text), params=Params("e", "m"))
    if not query.may_be_in(turn):
        assert query.count(render(turn.text, 60)) == 0


def _events(pieces: list[bytes]) -> list[str]:
    decode, parser = getincrementaldecoder("utf-8")("replace").decode, InputParser()
    text = [decoded for piece in pieces if (decoded := decode(piece))]
    return [repr(event) for piece in (*text, "") for event in parser.feed(piece)]


def check_keys(given: tuple[bytes, list[int]]) -> None:
    """Any bytes as what is typed: the same keys, pastes and reports however they are cut."""
    content, places = given
    assert _events([content]) == _events(hostile.pieces(content, places))


# ---- all of them ---------------------------------------------------------------

_CONFIG = (
    '[endpoints.a]\nurl = "https://h.example/v1"\ntoken_env = "T"\nmodel = "m"\n\n'
    '[keys]\n"reply.stop" = "f4"\n'
)
_CONFIG_KEYS = (
    *("default_endpoint", "theme", "max_tokens", "temperature", "system", "keys", "endpoints", "terminal"),
    *("url", "kind", "model", "models", "mode", "token_env", "token_command", "headers", "body", "profile"),
    *("idle_timeout", "ca_file", "token", "client_id", "colours", '"reply.stop"', '"a\\nb"', "synchronized"),
)
_PROFILES = "[DEFAULT]\nhost = https://h.example\ntoken = dapi123\n\n[other]\nhost = https://o.example\n"
_PROFILE_KEYS = ("host", "token", "client_id", "client_secret", "auth_type", "workspace_id", "azure_x")
_SESSION = (
    'format = 1\nid = "s"\ntitle = "T"\ncreated = 2024-01-01T00:00:00Z\n\n'
    '[[turns]]\nid = "u"\nrole = "user"\ntext = """\nhello"""\n\n'
    '[[turns]]\nid = "r"\nparent = "u"\nrole = "assistant"\noutcome = "complete"\nmodel = "m"\n'
    'total_s = 1.5\nprompt_tokens = 3\ntext = """\nworld"""\n'
)
_SESSION_KEYS = (
    *("format", "id", "title", "created", "parent", "role", "text", "reasoning", "outcome", "model", "body"),
    *("max_tokens", "temperature", "total_s", "prompt_tokens", "error_type", "error_status", "tool_calls"),
    *("notices", "stop", "turns", "more"),
)
_LIVE = (
    '[[turns]]\nid = "r1"\nparent = "u"\nrole = "assistant"\noutcome = "running"\ntext = ""\n'
    '\n[[more]]\ntext = """\nso far"""\n\n[[more]]\ntext = """\n and on"""\n'
)
_HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "date", "x-request-id", "x-ratelimit-remaining-x"]),
    st.one_of(
        texts := hostile.texts,
        st.sampled_from(
            ["1e400", "nan", "-1", "Wed, 99 Foo 99999 99:99:99 +9999", "Mon", ",", "1 Jan 1 0:0"]
        ),
    ),
    max_size=3,
)
_STATUSES = st.sampled_from([400, 401, 403, 404, 413, 422, 429, 500, 503, 599, 301, 204, 201])

TARGETS = {
    "stream": Target(st.tuples(hostile.streams, hostile.cuts), check_stream),
    "refusal": Target(st.tuples(_STATUSES, hostile.bodies, _HEADERS), check_refusal),
    "value": Target(hostile.values, check_value),
    "listing": Target(hostile.bodies, check_listing),
    "config": Target(
        hostile.files(_CONFIG_KEYS, ("[endpoints.a]", "[keys]", "[terminal]", "[endpoints.b]"), _CONFIG),
        check_config,
    ),
    "profiles": Target(
        hostile.files(_PROFILE_KEYS, ("[DEFAULT]", "[x]", "[__settings__]", "["), _PROFILES), check_profiles
    ),
    "state": Target(
        hostile.files(
            ("endpoint", "models", "sidebar_width", "sidebar_open", "theme"),
            ("[models]",),
            'endpoint = "a"\n',
        ),
        check_state,
    ),
    "theme": Target(
        hostile.files(
            ("primary", "accent", "dark", "luminosity_spread", "text_alpha", "name", "variables", "ansi"),
            ("[variables]",),
            'primary = "#123456"\ndark = true\n\n[variables]\n"border" = "red 50%"\n',
        ),
        check_theme,
    ),
    "session": Target(
        st.tuples(
            hostile.files(_SESSION_KEYS, ("[[turns]]", "[turns]", "[[turns.tool_calls]]"), _SESSION),
            hostile.files(_SESSION_KEYS, ("[[more]]", "[[turns]]"), _LIVE),
        ),
        check_session,
    ),
    "markdown": Target(
        st.tuples(hostile.bombs, st.sampled_from([1, 2, 7, 40, 120]), st.integers(1, 2000)), check_markdown
    ),
    "find": Target(
        st.tuples(hostile.bombs, st.one_of(st.sampled_from(hostile.MARKS), hostile.texts)), check_find
    ),
    "text": Target(texts, check_text),
    "keys": Target(st.tuples(hostile.typed, hostile.cuts), check_keys),
}
"""Every way in, by the name that the command line takes."""
