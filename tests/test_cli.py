"""The other commands, and the promise that nothing ever ends in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fmtui import __version__, ask, cli, listings
from fmtui.core.attachments import attachment
from fmtui.core.chat import Model, Params, Turn
from fmtui.listings import models_table, table, told_columns, width
from fmtui.report import end_line, ended
from fmtui.ui import setup
from tests.command import LIMIT_S, Home
from tests.servers import ScriptedServer, answer
from tests.terminal import Terminal

PROMPT = "Wie backe ich Kekse 🍪?\nGenau bitte."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path)


@pytest.fixture
def kept(home: Home) -> str:
    """The id of a session that is kept in the home folder."""
    session = home.store.new()
    prompt = Turn.prompt(PROMPT)
    session.append(prompt)
    params = Params("demo", "demo-chat", max_tokens=9)
    session.append(Turn("r1", "assistant", "Mit \x1b[2J Mehl.", prompt.id, params=params, outcome="complete"))
    session.close()
    return session.id


def modules_after(home: Home, *arguments: str) -> set[str]:
    """Return the top-level packages that a command has imported at its end."""
    program = (
        "import sys\nfrom fmtui.cli import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=home.environ, capture_output=True, timeout=LIMIT_S, check=True
    )
    return set(done.stderr.decode().split())


# ---- starting ---------------------------------------------------------------


def test_the_version_is_printed_and_costs_no_large_import(home: Home) -> None:
    done = home.run("--version")
    assert (done.status, done.out, done.err) == (0, f"fmtui {__version__}\n", "")
    imported = modules_after(home, "--version")
    assert "fmtui" in imported
    assert not {"textual", "httpx", "rich", "asyncio", "platformdirs"} & imported


def test_reading_sessions_needs_neither_httpx_nor_textual(home: Home, kept: str) -> None:
    assert not {"textual", "httpx", "rich"} & modules_after(home, "sessions", "show", kept)


def test_help_tells_the_exit_statuses(home: Home) -> None:
    done = home.run("ask", "--help")
    assert done.status == 0
    assert "0 complete, 1 error, 2 usage or configuration, 3 cut off, 130 stopped" in " ".join(
        done.out.split()
    )


def test_the_app_needs_a_terminal(home: Home) -> None:
    done = home.run()
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("fmtui: The full screen needs a terminal.")


def test_the_app_gets_what_the_command_line_says(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from fmtui.ui import app  # noqa: PLC0415 - textual is imported by this test alone

    given: list[setup.Setup] = []

    def run_app(made: setup.Setup) -> int:
        given.append(made)
        return 7

    monkeypatch.setattr(app, "run_app", run_app)
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True)
    for name, value in home.environ.items():
        monkeypatch.setenv(name, value)
    home.configure(text="oops = 1\n")
    arguments = (
        "-e demo -m other --max-tokens 5 --mode completion --continue --theme nord --no-mouse --low-bandwidth"
    )
    assert cli.main(arguments.split()) == 7
    made = given[0]
    assert (made.endpoint, made.model, made.mode) == ("demo", "other", "completion")
    assert made.params == {"max_tokens": 5}
    assert (made.session, made.theme, made.mouse) == ("latest", "nord", False)
    assert made.low_bandwidth is True
    assert (made.writer, made.environ["HOME"]) == ("lean", home.environ["HOME"])
    assert made.endpoints[-1].name == "demo"
    assert made.open_store().folder == home.store.folder
    assert "oops" in made.problems[0].message


# ---- listings ---------------------------------------------------------------


async def test_models_come_as_rows_for_programs_and_as_json(home: Home) -> None:
    rows = (await home.ask("models", "-e", "demo")).out.splitlines()
    assert [row.split("\t")[:3] for row in rows][:2] == [
        ["demo-chat", "llm/v1/chat", "yes"],
        ["demo-reasoning", "llm/v1/chat", "yes"],
    ]
    models = json.loads((await home.ask("models", "-e", "demo", "--json")).out)
    by_name = {model["name"]: model for model in models}
    assert by_name["demo-completion"]["mode"] == "completion"
    assert by_name["demo-cold"]["ready"] is False


async def test_models_of_a_server_that_refuses_are_an_error_in_a_sentence(home: Home) -> None:
    async with ScriptedServer(answer({"error": {"message": "no such key"}}, 401)) as server:
        home.configure(server)
        done = await home.ask("models", "-e", "local")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("fmtui: ")
    assert "Traceback" not in done.err


async def test_endpoints_are_listed_with_where_they_come_from_and_what_is_wrong(home: Home) -> None:
    home.configure(text='nonsense = 1\n[endpoints.work]\nurl = "https://x.example/v1"\nmodel = "tiny"\n')
    done = await home.ask("endpoints")
    rows = [row.split("\t") for row in done.out.splitlines()]
    assert rows[0][:4] == ["work", "openai", "https://x.example/v1", "tiny"]
    assert rows[-1][0] == "demo"
    assert "nonsense" in done.err


async def test_which_sign_in_won_and_why_is_told_on_demand(home: Home) -> None:
    (home.folder / ".databrickscfg").write_text(
        "[ci]\nhost = https://dbc-1.databricks.com\nauth_type = pat\ntoken = dapi-1\n"
        "client_id = i\nclient_secret = s\n[notes]\ncluster_id = c\n[used]\nhost = https://h\ntoken = t\n"
    )
    home.configure(text='[endpoints.work]\nprofile = "used"\n')
    (home.folder / ".databrickscfg").chmod(0o600)
    home.environ["DATABRICKS_TOKEN"] = "dapi-2"
    rows = [row.split("\t") for row in (await home.ask("endpoints", "-v")).out.splitlines()]
    assert rows[1] == [
        *("ci", "databricks", "https://dbc-1.databricks.com", ".databrickscfg [ci]"),
        *("personal access token", ".databrickscfg [ci]", "auth_type says pat"),
        *("client_id and client_secret: auth_type says pat", "", ""),
    ]
    told = json.loads((await home.ask("endpoints", "--json")).out)
    assert told["endpoints"][0]["first"] == "the first that was found"
    assert told["endpoints"][1]["passed_over"] == [
        {"what": "client_id and client_secret", "why": "auth_type says pat"}
    ]
    assert [entry["what"] for entry in told["left_out"]] == [
        *("DATABRICKS_TOKEN", ".databrickscfg [notes]", ".databrickscfg [used]")
    ]
    assert "dapi-" not in json.dumps(told)
    with Terminal(home.command("endpoints", "-v"), home.environ) as terminal:
        assert terminal.wait() == 0
    assert "    not      client_id and client_secret: auth_type says pat" in terminal.text
    assert "Found and not offered:" in terminal.text


async def test_the_configurations_path_is_printed_wherever_it_is(home: Home) -> None:
    assert (await home.ask("config", "path")).out == f"{home.config}\n"
    assert (await home.ask("config", "path", "--config", "/x/y.toml")).out == "/x/y.toml\n"
    home.environ["FMTUI_CONFIG"] = "/x/z.toml"
    assert (await home.ask("config", "path")).out == "/x/z.toml\n"


async def test_sessions_are_listed_newest_first(home: Home, kept: str) -> None:
    done = await home.ask("sessions")
    assert done.out.split("\t")[0] == kept
    assert done.out.rstrip("\n").split("\t")[-1] == "Wie backe ich Kekse 🍪? Genau bitte."
    assert (await home.ask("sessions", "path")).out == f"{home.store.folder}\n"


async def test_the_list_says_turns_and_model_of_long_sessions_too(home: Home) -> None:
    done = await home.ask("ask", "-e", "demo", stdin="why? " * 2000)
    assert done.status == 0
    assert (await home.ask("sessions")).out.split("\t")[2:4] == ["2", "demo-chat"]


def test_what_fmtui_is_made_of_may_be_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "fmtui.core.config", None)
    monkeypatch.setitem(sys.modules, "fmtui.workbench", None)
    assert cli.main(["sessions"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("fmtui: This is an error in fmtui itself: ModuleNotFoundError(")
    assert told.endswith("\n       Install it anew.\n")


def test_no_file_of_ours_gets_the_number_of_a_standard_stream_that_was_closed() -> None:
    kept = os.dup(0)
    os.close(0)
    try:
        assert cli.main(["--config"]) == 2
        assert os.fstat(0).st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116 - no path is meant
    finally:
        os.dup2(kept, 0)
        os.close(kept)


async def test_without_sessions_the_list_says_how_to_start_one(home: Home) -> None:
    done = await home.ask("sessions", "list")
    assert (done.status, done.out) == (0, "")
    assert "fmtui ask" in done.err
    for nothing in ("", ' "" '):
        done = await home.ask("sessions", "search", nothing)
        assert (done.status, done.err.splitlines()[0]) == (2, "fmtui: There is nothing to search for.")


@pytest.mark.parametrize(
    "command", [["sessions"], ["sessions", "search", "x"], ["sessions", "show", "latest"]]
)
async def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    home: Home, command: list[str]
) -> None:
    home.store.folder.parent.mkdir(parents=True)
    home.store.folder.symlink_to(home.store.folder)  # root, as which tests may run, can read anything else
    done = await home.ask(*command)
    assert (done.status, done.out) == (1, "")
    assert "could not read the list of sessions" in done.err


@pytest.mark.parametrize("spelled", [lambda name: name, lambda name: name[:-2], lambda _: "latest"])
async def test_a_session_is_shown_by_id_or_its_beginning_or_as_the_latest(
    home: Home, kept: str, spelled: Callable[[str], str]
) -> None:
    done = await home.ask("sessions", "show", spelled(kept))
    assert done.status == 0
    assert PROMPT in done.out
    assert "demo-chat" in done.out


async def test_a_session_is_exported_whole_in_every_format(home: Home, kept: str) -> None:
    assert (
        json.loads((await home.ask("sessions", "export", kept, "--format", "json")).out)["turns"][0]["text"]
        == PROMPT
    )
    toml = (await home.ask("sessions", "export", kept, "--format", "toml")).out
    assert toml.replace("# Exported with 2 turns\n", "") == (home.store.folder / f"{kept}.toml").read_text()
    assert "\x1b[2J" in (await home.ask("sessions", "export", kept)).out
    assert (await home.ask("sessions", "export", kept, "--format", "html")).out.startswith("<!DOCTYPE html>")


async def test_an_exported_page_holds_the_pictures_of_its_prompts(home: Home) -> None:
    file = attachment("a.png", b"\x89PNG\r\n\x1a\npicture")
    home.store.pictures.keep(file)
    session = home.store.new()
    session.append(Turn.prompt(f"What is {file.mention}?"))
    session.close()
    page = (await home.ask("sessions", "export", session.id, "--format", "html")).out
    assert '<img alt="a.png" src="data:image/png;base64,' in page


async def test_an_exported_file_is_imported_once_and_again_only_when_asked(home: Home, kept: str) -> None:
    path = home.folder / "kept.html"
    export = ["sessions", "export", kept, "-o", str(path)]
    assert (await home.ask(*export)).out == ""
    assert path.stat().st_mode & 0o777 == 0o600
    refused = await home.ask(*export)
    assert (refused.status, "--force" in refused.err) == (2, True)
    assert (await home.ask(*export, "--force")).status == 0
    file = home.store.folder / f"{kept}.toml"
    before = file.read_bytes()
    assert (await home.ask("sessions", "import", str(path))).out.startswith(f"known\t{kept}\t")
    file.unlink()
    assert (await home.ask("sessions", "import", str(path))).out.startswith(f"imported\t{kept}\t")
    assert file.read_bytes() == before
    again = await home.ask("sessions", "import", "--again", str(path), str(home.folder / "none"))
    assert again.out.startswith(f"imported\t{kept}-")
    assert (again.status, "could not read" in again.err) == (1, True)
    assert len(list(home.store.folder.glob("*.toml"))) == 2
    # What was cut off between two turns is taken over, and said to be.
    text = (await home.ask("sessions", "export", kept)).out
    cut = home.folder / "cut.md"
    cut.write_text(text[: text.rindex("\n<!-- fmtui: ")])
    part = await home.ask("sessions", "import", "--again", str(cut))
    assert (part.status, part.out.startswith("imported\t")) == (0, True)
    assert f"{cut} was exported with 2 turns and holds 1: it was cut off" in part.err


@pytest.mark.parametrize("command", [["config", "path", "--config"], ["sessions", "path", "--data-dir"]])
def test_on_a_terminal_a_path_cannot_act(home: Home, command: list[str]) -> None:
    with Terminal(home.command(*command, "/tmp/\x1b[2J"), home.environ) as terminal:
        assert terminal.wait() == 0
        assert b"\x1b[2J" not in terminal.raw
        assert "/tmp/␛[2J" in terminal.text


def test_on_a_terminal_a_session_cannot_act(home: Home, kept: str) -> None:
    with Terminal(home.command("sessions", "show", kept), home.environ) as terminal:
        assert terminal.wait() == 0
    assert b"\x1b" not in terminal.raw
    assert "Mehl" in terminal.text


async def test_search_finds_texts_and_has_greps_status(home: Home, kept: str) -> None:
    found = await home.ask("sessions", "search", "MEHL")
    assert (found.status, found.out.split("\t")[0]) == (0, kept)
    hit = json.loads((await home.ask("sessions", "search", "MEHL", "--json")).out.splitlines()[0])
    start, end = hit["marks"][0]
    assert hit["snippet"][start:end] == "Mehl"
    turns = json.loads((await home.ask("sessions", "export", kept, "--format", "json")).out)["turns"]
    assert hit["turn_id"] in {turn["id"] for turn in turns}
    assert (await home.ask("sessions", "search", "nowhere to be found")).status == 1


async def test_a_session_that_does_not_exist_names_the_nearest(home: Home, kept: str) -> None:
    done = await home.ask("sessions", "show", f"x{kept[1:]}")
    assert (done.status, done.out) == (2, "")
    assert kept in done.err


def test_a_terminal_gets_aligned_columns_under_a_heading(home: Home) -> None:
    with Terminal(home.command("models", "-e", "demo"), home.environ, columns=120) as terminal:
        assert terminal.wait() == 0
    endpoint, heading, *rows = [row for row in terminal.screen if row.strip()]
    assert endpoint.strip() == "demo (built in)"
    assert heading.split() == ["MODEL", "TASK", "READY", "NOTE"]
    column = heading.index("TASK")
    assert {row[column:].split()[0] for row in rows} == {"chat", "completions"}


def test_a_table_of_models_keeps_to_the_width_with_notes_below_their_rows() -> None:
    note = "retired on 2026-10-09, and what stands in its place is told in the release notes of that day"
    models = [
        Model("databricks-meta-llama-3-3-70b-instruct", "llm/v1/chat", True, "Llama", "", 128_000, 0.5, 1.5),
        Model("my-completions", "llm/v1/completions", False, "", note),
    ]
    wide = models_table(models, 200).splitlines()
    assert wide[0].split() == ["MODEL", "TASK", "READY", "WINDOW", "$/M", "IN/OUT", "NOTE"]
    assert wide[2].endswith(note[:59] + "…")
    narrow = models_table(models, 80).splitlines()
    assert max(map(len, narrow)) <= 80
    assert narrow[2].endswith("128K    $0.5/1.5")
    assert narrow[3] == "    Llama"
    assert " ".join(part.strip() for part in narrow[5:]) == note


def test_what_a_narrow_terminal_has_no_room_for_is_below_its_row_and_one_column_is_cut() -> None:
    heading = ("SESSION", "MODEL", "MARKS", "TITLE")
    rows = [("20261124-022335-370c", "m" * 60, "", "how " * 14 + "much"), ("a", "n" * 9, "", "what")]
    wide = told_columns(heading, rows, 200, cut="MODEL").splitlines()
    assert wide[0].split() == ["SESSION", "MODEL", "TITLE"]
    assert wide[1].endswith(rows[0][-1])
    narrow = told_columns(heading, rows, 60, cut="MODEL").splitlines()
    assert max(map(width, narrow)) <= 60
    assert narrow[:2] == ["SESSION               MODEL", "    TITLE"]
    assert narrow[2].startswith(f"{rows[0][0]}  mmm")
    assert narrow[2].endswith("m…")
    assert " ".join(part.strip() for part in narrow[3:5]) == rows[0][-1]
    assert narrow[6] == "    what"
    some = told_columns(heading, [(*row[:1], "m", *row[2:]) for row in rows], 60).splitlines()
    assert some[0].split() == ["SESSION", "MODEL", "TITLE"]
    assert [row[some[0].index("TITLE") :] for row in (some[1], some[-1])] == ["", "what"]
    assert told_columns(heading, rows, 0).splitlines()[1] == "a\t" + rows[1][1] + "\t\twhat"
    assert told_columns(("ONE",), [("x" * 30,)], 20).splitlines() == ["ONE", "x" * 30]


def test_wide_characters_keep_the_columns_of_a_table() -> None:
    rows = table(("NAME", "NEXT"), [("日本語", "x"), ("cafe\u0301", "y")], terminal=True).splitlines()
    columns = [width(row[: row.rindex(end)]) for row, end in zip(rows, ("NEXT", "x", "y"), strict=True)]
    assert len(set(columns)) == 1


def test_a_row_stays_one_line_and_harmless_whatever_is_in_it() -> None:
    assert table(("A",), [("a\tb\nc",)], terminal=False) == "a b c\n"
    assert "\x1b" not in table(("A",), [("\x1b[2J",)], terminal=True)


# ---- never a traceback ------------------------------------------------------


def test_a_reader_that_leaves_a_listing_is_nobodys_error(home: Home, kept: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        home.command("sessions", "list"),
        env=home.environ,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=LIMIT_S,
        check=False,
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 130


def test_a_closed_standard_output_is_survived(home: Home) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *home.command("config", "path")],
        env=home.environ,
        stderr=subprocess.PIPE,
        timeout=LIMIT_S,
        check=False,
    )
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["ask", "--help"], ["config", "path"]])
def test_a_full_disk_behind_a_listing_is_a_sentence(home: Home, arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            home.command(*arguments),
            env=home.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=LIMIT_S,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        1,
        b"fmtui: Standard output cannot be written: No space left on device.\n",
    )


def _interrupted(*_: object, **__: object) -> int:
    raise KeyboardInterrupt


def _broken(*_: object, **__: object) -> int:
    raise ZeroDivisionError("what a bug \x1b[2J")


def test_ctrl_c_outside_of_a_reply_is_status_130(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listings, "run", _interrupted)
    assert cli.main(["endpoints"]) == 130
    assert capfd.readouterr().err == "fmtui: Stopped.\n"


def test_ctrl_c_before_the_reply_has_an_end_in_json(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ask, "run", _interrupted)
    assert cli.main(["ask", "hi", "--json"]) == 130
    assert capfd.readouterr().out == end_line(ended("stopped", None))


def test_a_bug_is_a_sentence_and_its_traceback_goes_to_the_log(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listings, "run", _broken)
    monkeypatch.setenv("XDG_STATE_HOME", home.environ["XDG_STATE_HOME"])
    assert cli.main(["endpoints"]) == 1
    told = capsys.readouterr().err
    assert "This is an error in fmtui itself: ZeroDivisionError: what a bug ␛[2J" in told
    assert "Traceback" not in told
    assert "Traceback" in (home.folder / "state" / "fmtui" / "fmtui.log").read_text()
