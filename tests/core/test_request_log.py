"""The log tells how each request went, and nothing of what was said or of any key."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fmtui.core import logfile
from fmtui.core.auth import Credential
from fmtui.core.logfile import Level, LogFile, log_to, tail
from fmtui.core.request_log import line, shape_of
from tests.core.asking import BEARER, REFUSED, TOKEN, play, request_for
from tests.servers import OIDC, Scripted, token

pytestmark = pytest.mark.anyio

_SSE = {"content-type": "text/event-stream"}


def _event(**delta: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Log to a file for one test."""
    yield from _logging(tmp_path / "state" / "fmtui.log", "debug")


def _logging(path: Path, level: Level) -> Iterator[Path]:
    logger = logging.getLogger("fmtui")
    before = logger.handlers[:], logger.level, logger.propagate
    log_to(path, level)
    yield path
    for handler in logger.handlers[:]:
        if handler not in before[0]:
            logger.removeHandler(handler)
            handler.close()
    logger.setLevel(before[1])
    logger.propagate = before[2]


def _lines(path: Path, what: str) -> list[dict[str, str]]:
    """Return the pairs of each line of one kind."""
    found = [line for line in tail(path) if f" {what} " in line]
    return [dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line)) for line in found]


async def test_a_request_is_told_by_host_status_sizes_times_and_outcome(log: Path) -> None:
    answer = Scripted([_event(content="a"), _event(content="b"), b"data: [DONE]\n\n"], headers=_SSE)
    await play(answer)
    (told,) = _lines(log, "request")
    assert (told["method"], told["host"], told["path"]) == ("POST", "host.example", "/v1/chat/completions")
    assert (told["status"], told["outcome"], told["events"]) == ("200", "complete", "3")
    assert int(told["sent"]) > 20
    assert 0 <= int(told["headers_ms"]) <= int(told["first_ms"]) <= int(told["total_ms"])


async def test_every_end_has_its_name(log: Path) -> None:
    await play(Scripted([_event(content="a")], headers=_SSE))
    await play(Scripted([b'{"error":"no"}'], status=401))
    await play(REFUSED, REFUSED, REFUSED)
    told = _lines(log, "request")
    assert [entry["outcome"] for entry in told] == ["cut_off", "auth", "connect", "connect", "connect"]
    assert [entry.get("status") for entry in told] == ["200", "401", None, None, None]
    assert [entry["attempt"] for entry in _lines(log, "retry")] == ["2", "3"]


async def test_every_request_that_goes_out_has_its_line_tokens_and_repeats_too(log: Path) -> None:
    client = Credential("bearer", sign_in="oauth-m2m", client_id="id", token=TOKEN)
    good = Scripted([_event(content="a"), b"data: [DONE]\n\n"], headers=_SSE)
    refused = Scripted([b'{"error":"old"}'], status=401)
    await play(refused, good, credential=client, routes={OIDC: token("canary-token")})
    told = sorted(_lines(log, "request"), key=lambda each: int(each["id"]))
    assert [(each["path"], each["status"], each["outcome"]) for each in told] == [
        *((OIDC, "200", "complete"), ("/v1/chat/completions", "401", "auth")),
        *((OIDC, "200", "complete"), ("/v1/chat/completions", "200", "complete")),
    ]
    assert {each["endpoint"] for each in told} == {"scripted"}
    assert len({each["id"] for each in told}) == 4
    no_client = Scripted([b'{"error":"invalid_client","error_description":"canary-error"}'], status=401)
    await play(good, credential=client, routes={OIDC: no_client})
    assert [(each["path"], each["outcome"]) for each in _lines(log, "request")[4:]] == [(OIDC, "auth")]
    assert [(each["path"], each["outcome"]) for each in _lines(log, "unsent")] == [
        ("/v1/chat/completions", "auth")
    ]
    await play(good, credential=Credential("bearer", env="NOT_SET"))
    assert len(_lines(log, "request")) == 5
    assert _lines(log, "unsent")[1]["outcome"] == "credential"
    text = "\n".join(tail(log))
    assert TOKEN not in text
    assert "canary" not in text


async def test_neither_contents_nor_keys_are_told_at_any_level(log: Path) -> None:
    secrets = ["canary-prompt", "canary-answer", "canary-thought", "canary-error", TOKEN, "canary-header"]
    answer = [
        _event(content="canary-answer", reasoning_content="canary-thought"),
        b"data: {canary-answer\n\n",
    ]
    request = request_for("canary-prompt", system="canary-prompt")

    async def sent(answer: Scripted) -> None:
        headers = {"X-Api-Key": "canary-header"}
        await play(answer, request=request, credential=BEARER, headers=headers)

    await sent(Scripted(answer, headers=_SSE))
    echo = json.dumps({"error": {"message": f"canary-error {TOKEN} canary-header"}}).encode()
    await sent(Scripted([echo], status=400))
    await sent(Scripted([echo], status=429, headers={"retry-after": "canary-error"}))
    text = "\n".join(tail(log))
    assert "outcome=" in text
    assert "shape=" in text
    for secret in secrets:
        assert secret not in text, secret


def test_a_url_is_told_without_its_password_and_query(log: Path) -> None:
    from fmtui.core.request_log import Watch  # noqa: PLC0415 - the only test that needs it

    Watch("GET", "https://user:canary@host:8443/v1/models?api-key=canary", "e").ended("complete")
    assert "host=host:8443 path=/v1/models" in log.read_text("utf-8")
    assert "canary" not in log.read_text("utf-8")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("plain/name-1.2", "v=plain/name-1.2"),
        ("two words", 'v="two words"'),
        ("a\nrequest outcome=complete", None),
        ("\x1b]52;c;eA==\x07", None),
        ("x" * 500, None),
        ("", 'v=""'),
    ],
)
def test_no_value_can_forge_a_line_or_reach_the_terminal(value: str, told: str | None) -> None:
    found = line("request", {"v": value})
    assert found.isprintable()
    assert len(found) < 200
    assert re.fullmatch(r'request v=("(?:[^"\\]|\\.)*"|[^\s="]+)', found)
    assert told is None or found == f"request {told}"


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        ("[DONE]", "[DONE]"),
        ("not json", "text(8)"),
        ('{"a": "secret", "n": null, "i": 1, "e": []}', "a:str(6);n:null;i:int;e:list(0)"),
        (
            '{"choices":[{"delta":{"role":"assistant","content":"secret"},"finish_reason":"stop"}]}',
            "choices[1].delta.role:assistant;choices[1].delta.content:str(6);choices[1].finish_reason:stop",
        ),
        ('{"role": "a secret sentence"}', "role:str(17)"),
        (json.dumps({f"k{n}": 1 for n in range(100)}), ";".join(f"k{n}:int" for n in range(8)) + ";.+92"),
        ("[" * 3_000 + "]" * 3_000, None),
    ],
)
def test_the_shape_of_an_event_has_names_types_and_lengths_alone(data: str, shape: str | None) -> None:
    found = shape_of(data)
    assert len(found) < 200
    assert shape is None or found == shape


async def test_of_many_events_the_first_are_told_and_then_few(log: Path) -> None:
    events = [_event(content="x") for _ in range(260)]
    await play(Scripted([*events, b"data: [DONE]\n\n"], headers=_SSE))
    assert [int(entry["n"]) for entry in _lines(log, "event")] == [*range(1, 51), 100, 200]


async def test_of_a_huge_event_only_the_length_is_told(log: Path) -> None:
    await play(Scripted([_event(content="x" * 300_000), b"data: [DONE]\n\n"], headers=_SSE))
    (entry, *_) = _lines(log, "event")
    assert entry["shape"].startswith("text(300")


async def test_without_debug_there_is_one_line_for_a_request(tmp_path: Path) -> None:
    for path in _logging(tmp_path / "fmtui.log", "info"):
        await play(Scripted([_event(content="a"), b"data: [DONE]\n\n"], headers=_SSE))
        assert len(tail(path)) == 1


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("fmtui", logging.INFO, "", 0, text, (), None)


def test_the_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "state" / "fmtui.log"
    before = os.umask(0)
    try:
        LogFile(path).emit(_record("x"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_large_file_is_put_aside_and_two_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "fmtui.log"
    handler = LogFile(path, max_bytes=100)
    for number in range(40):
        handler.emit(_record(f"line {number} {'x' * 20}"))
    assert sorted(found.name for found in tmp_path.iterdir()) == ["fmtui.log", "fmtui.log.1", "fmtui.log.2"]
    assert all(found.stat().st_size < 200 for found in tmp_path.iterdir())
    assert tail(path)[-1].startswith("line 39 ")
    assert tail(path, most=60)[-1].startswith("line 39 ")


def test_windows_that_put_it_aside_together_lose_no_line_and_tear_none(tmp_path: Path) -> None:
    path = tmp_path / "fmtui.log"
    code = (
        "import logging, sys; from pathlib import Path; from fmtui.core.logfile import LogFile\n"
        "handler = LogFile(Path(sys.argv[1]), max_bytes=20_000)\n"
        "for n in range(300):\n"
        "    text = f'{sys.argv[2]} {n} ' + 'y' * 60\n"
        "    handler.emit(logging.LogRecord('fmtui', 20, '', 0, text, (), None))\n"
    )
    windows = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "ab"]
    assert [window.wait(30) for window in windows] == [0, 0]
    found = [line for part in tmp_path.iterdir() for line in part.read_text("utf-8").splitlines()]
    assert all(re.fullmatch(r"[ab] \d+ y{60}", line) for line in found)
    assert len(found) == len(set(found)) >= 500


def test_a_disk_that_refuses_costs_only_the_log(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    LogFile(tmp_path / "file" / "fmtui.log").emit(_record("x"))
    (tmp_path / "link").symlink_to(tmp_path / "file")
    LogFile(tmp_path / "link").emit(_record("x"))
    assert (tmp_path / "file").read_text() == ""
    assert tail(tmp_path / "none") == []
    assert logfile.KEPT == 2


def test_a_traceback_cannot_pass_for_a_line(tmp_path: Path) -> None:
    path = tmp_path / "fmtui.log"
    error = ValueError("x\n2026-01-01 INFO forged \x1b[2J")
    about = (ValueError, error, None)
    LogFile(path).emit(logging.LogRecord("fmtui", logging.ERROR, "", 0, "it failed", (), about))
    assert [line for line in tail(path) if not line.startswith("    ")] == ["it failed"]
    assert "\x1b" not in path.read_text("utf-8")
