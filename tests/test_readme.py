"""What the README says holds: its tables, commands, examples, links and picture."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import fmtui
from fmtui import ask
from fmtui.arguments import parse
from fmtui.carrying_out import STOPPED
from fmtui.core.chat import Event, Notice, ReasoningDelta, Retrying, TextDelta, ToolCallDelta
from fmtui.core.client import Client
from fmtui.core.config import load, offered
from fmtui.core.demo import DemoTransport
from fmtui.core.sessions import SessionStore
from fmtui.output import Outlet
from fmtui.report import JsonReport, ended
from fmtui.ui.commands import COMMANDS
from fmtui.ui.keymap import keymap
from fmtui.ui.themes import load_themes, shipped_folder
from tests.picture import PICTURE
from tests.readme import README, TABLES, rewritten

TEXT = README.read_text("utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Return the code blocks in one language."""
    return [match[2] for match in FENCE.finditer(TEXT) if match[1] == language]


def commands() -> list[list[str]]:
    """Return every command line of the README, in blocks and in sentences, as words."""
    written = [
        *(line for block in blocks("sh") for line in block.splitlines()),
        *re.findall(r"`([^`\n]+)`", FENCE.sub("", TEXT)),
    ]
    found: list[list[str]] = []
    for line in written:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        command: list[str] = []
        for word in (*lexer, ";"):
            if set(word) <= set("|&;"):
                found += [command] if command else []
                command = []
            else:
                command.append(word)
    return found


def rows(heading: str) -> list[list[str]]:
    """Return the cells below a table's heading, which begins as given."""
    table = TEXT[TEXT.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_tables_are_what_the_source_says_now() -> None:
    assert rewritten(TEXT) == TEXT, "run: python -m tests.readme"


def test_a_missing_table_is_noticed_and_a_stale_one_rewritten() -> None:
    assert rewritten(TEXT.replace("`/quit`", "`/leave`")) == TEXT
    with pytest.raises(ValueError, match="endpoint keys"):
        rewritten(TEXT.replace("<!-- end of keys -->", ""))


def test_the_keys_table_has_every_command_and_its_slash_command() -> None:
    table = TABLES["keys"]()
    for command in COMMANDS:
        assert f"`{command.id}`" in table
        assert not command.slash or f"`/{command.slash}" in table


def test_the_first_screen_holds_both_commands_and_each_does_its_own_set_up() -> None:
    first = TEXT.splitlines()[:25]
    own = [line for line in TEXT.splitlines() if line.startswith("python3 -m venv ")]
    assert [line for line in first if line in own] == own
    app, tests = own
    assert app.endswith("/fmtui -e demo")
    assert tests.endswith("/pytest")
    assert all(" install " in line for line in own)


def test_every_command_shown_is_understood() -> None:
    ours = [words for words in commands() if words[0].rpartition("/")[2] == "fmtui"]
    assert len(ours) > 15
    for words in ours:
        if words[1:] and words[-1] in ("--help", "--version"):
            with pytest.raises(SystemExit, match="0"):
                parse(words[1:])
        else:
            parse(words[1:])


def test_every_module_to_run_is_there() -> None:
    modules = [words[2] for words in commands() if words[0].endswith("python") and words[1] == "-m"]
    assert len(modules) > 3
    for name in modules:
        assert importlib.util.find_spec(name) is not None, name


def test_links_and_pictures_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", TEXT)
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", TEXT), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert len(links) > 20
    for link in links:
        if link.startswith("#"):
            assert link[1:] in anchors, link
        else:
            assert "//" not in link
            assert (README.parent / link).is_file(), link


def test_the_picture_is_one_of_the_app_streaming_and_loads_nothing_from_elsewhere() -> None:
    assert str(PICTURE.relative_to(README.parent)) in TEXT
    svg = PICTURE.read_text("utf-8")
    assert len(svg.encode()) < 200_000
    assert "@font-face" not in svg
    assert set(re.findall(r"url\((.)", svg)) <= {"#"}
    assert "href" not in svg
    shown = "\n".join(re.findall(r">([^<]*)</text>", svg)).replace("&#160;", " ")
    assert "Esc stops" in shown  # which the status line says while a reply runs
    assert "demo-chat" in shown


def test_each_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / ".databrickscfg").write_text("[staging]\nhost = https://staging.invalid\ntoken = t\n")
    (tmp_path / ".databrickscfg").chmod(0o600)
    path = tmp_path / "config.toml"
    examples = [block for block in blocks("toml") if "[endpoints." in block or "[models." in block]
    assert len(examples) == 4
    for example in examples:
        path.write_text(example, "utf-8")
        config = load(path)
        endpoints, problems = offered(config, {}, tmp_path)
        assert problems == ()
        assert not any(endpoint.credential.problem for endpoint in endpoints)
        assert keymap(config.keys)[1] == []
        assert config.theme in ("", *(theme.name for theme in load_themes([shipped_folder()])[0]))


def test_the_theme_shown_is_valid(tmp_path: Path) -> None:
    (example,) = (block for block in blocks("toml") if block.startswith("name ="))
    (tmp_path / "sea.toml").write_text(example, "utf-8")
    themes, problems = load_themes([tmp_path])
    assert problems == []
    assert [theme.name for theme in themes] == ["sea"]


def test_the_shipped_themes_are_named() -> None:
    for theme in load_themes([shipped_folder()])[0]:
        assert f"`{theme.name}`" in TEXT


def test_the_session_file_shown_is_one(tmp_path: Path) -> None:
    (example,) = (block for block in blocks("toml") if block.startswith("format ="))
    store = SessionStore(tmp_path)
    (tmp_path / "20261122-201455-3f9a.toml").write_text(example, "utf-8")
    session = store.open("20261122-201455-3f9a")
    try:
        assert session.notices == []
        assert [turn.role for turn in session.all_turns()] == ["user", "assistant"]
        answer = session.all_turns()[1]
    finally:
        session.close()
    assert answer.outcome == "complete"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 29
    assert (tmp_path / "20261122-201455-3f9a.toml").read_text("utf-8") == example


def test_the_exit_statuses_are_those_of_ask() -> None:
    statuses = [ask.COMPLETE, ask.ERROR, ask.USAGE, ask.CUT_OFF, STOPPED]
    assert [int(row[0]) for row in rows("| Exit status |")] == statuses


def json_events() -> Mapping[str, set[str]]:
    """Return the events of `ask --json` and their fields, as they are written."""
    lines: list[str] = []

    class Writer:
        def put(self, _outlet: Outlet, text: str) -> None:
            lines.append(text)

    report = JsonReport(Writer(), Outlet(None))  # type: ignore[arg-type]  # it only calls `put`
    events: Sequence[Event] = (
        TextDelta("t"),
        ReasoningDelta("r"),
        ToolCallDelta(0),
        Notice("n"),
        Retrying(1.0, "busy", 1),
    )
    for event in events:
        report.event(event)
    report.end(ended("complete", None))
    written = [json.loads(line) for line in lines]
    return {line.pop("event"): set(line) for line in written}


def test_the_json_events_are_those_that_are_written() -> None:
    shown = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in rows("| `event` | Further fields |")
    }
    assert shown == json_events()


async def _at_once(_seconds: float) -> None:
    """Wait for nothing."""


@pytest.mark.parametrize("example", blocks("python"), ids=["blocking", "asynchronous"])
def test_each_python_example_prints_an_answer(
    example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def client() -> Client:
        return Client(transports={"demo": DemoTransport(tokens_per_s=1e9, sleep=_at_once)}, environ={})

    for variable in ("FMTUI_CONFIG", "DATABRICKS_HOST", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("fmtui.api.connect", client)
    monkeypatch.setattr(fmtui, "Client", client, raising=False)
    on_demo = example.replace('"databricks"', '"demo"')
    on_demo = on_demo.replace("databricks-meta-llama-3-3-70b-instruct", "demo-chat")
    exec(compile(on_demo, str(README), "exec"), {"__name__": "example"})  # noqa: S102 - it is our own README
    assert "built-in demo" in capsys.readouterr().out


def test_every_name_of_the_package_that_is_mentioned_is_public() -> None:
    names = re.findall(r"`fmtui\.(\w+)", TEXT)
    assert set(names) <= set(fmtui.__all__)
    assert len(names) > 1
