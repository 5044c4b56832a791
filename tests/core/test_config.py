"""The configuration file: what is valid counts, what is not is named by file, line and key."""

import ast
import inspect
import os
import subprocess
import sys
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest

from fmtui.core import config as config_module
from fmtui.core import config_endpoint_keys
from fmtui.core.config import CONFIG_KEYS, Config, config_path, data_dir, load, state_dir
from fmtui.core.config_checks import PARAMETER_KEYS
from fmtui.core.config_endpoint_keys import ENDPOINT_KEYS, EndpointTable
from fmtui.core.config_text import line_of
from tests.core.configuring import Write, told

EXAMPLE = """\
default_endpoint = "local"
theme = "textual-dark"

[keys]                                   # binding id -> keys
"reply.stop" = "escape"

[endpoints.local]
url = "http://127.0.0.1:8000/v1"
kind = "openai"
auth = "bearer"
token_env = "LOCAL_API_KEY"
model = "tiny"
models = ["tiny"]
mode = "chat"
max_tokens = 2048
idle_timeout = 120
headers = { X-Team = "a" }
body = { top_k = 40 }

[endpoints.work]
kind = "databricks"
profile = "staging"
"""


def test_the_documented_example_is_read_whole(write: Write) -> None:
    config = write(EXAMPLE)
    assert config.problems == ()
    assert (config.default_endpoint, config.theme) == ("local", "textual-dark")
    assert config.keys == {"reply.stop": "escape"}
    local, work = config.endpoints
    assert (local.name, local.url, local.kind) == ("local", "http://127.0.0.1:8000/v1", "openai")
    assert (local.credential.kind, local.credential.env) == ("bearer", "LOCAL_API_KEY")
    assert (local.model, local.models, local.mode) == ("tiny", ("tiny",), "chat")
    assert local.params == {"max_tokens": 2048}
    assert local.idle_timeout == 120.0
    assert (local.headers, local.body) == ({"X-Team": "a"}, {"top_k": 40})
    assert local.source == "config.toml"
    assert (work.kind, work.profile, work.url) == ("databricks", "staging", "")


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    config = load(tmp_path / "config.toml")
    assert config == Config(path=tmp_path / "config.toml")


def test_every_key_is_documented_and_judged() -> None:
    """The README's table is made of these docstrings, so a key without one would be missing there."""
    for module, table, judged in (
        (config_endpoint_keys, EndpointTable, ENDPOINT_KEYS.keys() - PARAMETER_KEYS.keys()),
        (
            config_module,
            Config,
            {*(CONFIG_KEYS.keys() - PARAMETER_KEYS.keys()), "path", "problems", "params"},
        ),
    ):
        assert {field.name for field in fields(table)} == judged
        (body,) = (
            node.body
            for node in ast.parse(inspect.getsource(module)).body
            if isinstance(node, ast.ClassDef) and node.name == table.__name__
        )
        documented = {
            before.target.id
            for before, after in pairwise(body)
            if isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        }
        assert documented == judged


# ---- what is wrong ----------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('thme = "x"', "line 2: there is no key thme. Did you mean theme?"),
        ("theme = 3", "line 2: theme must be text in quotes, not 3."),
        ('theme = " "', 'line 2: theme must be a text that is not empty, not "".'),
        ("default_endpoint = true", "line 2: default_endpoint must be text in quotes, not true."),
        ('max_tokens = "abc"', 'line 2: max_tokens must be a whole number from 1 to 10,000,000, not "abc".'),
        ("max_tokens = 0", "line 2: max_tokens must be a whole number from 1 to 10,000,000, not 0."),
        ("max_tokens = true", "line 2: max_tokens must be a whole number from 1 to 10,000,000, not true."),
        ("max_tokens = 1e3", "line 2: max_tokens must be a whole number from 1 to 10,000,000, not 1000.0."),
        ("temperature = 2.5", "line 2: temperature must be a number from 0 to 2, not 2.5."),
        ("temperature = nan", "line 2: temperature must be a number from 0 to 2, not nan."),
        ("keys = 3", "line 2: keys must be a table, not 3."),
        ("system = 2026-01-01", "line 2: system must be text in quotes, not a date or time."),
        ("endpoints = []", "line 2: endpoints must be a table, not a list."),
        ("terminal = 3", "line 2: terminal must be a table, not 3."),
        (
            "terminal.low_bandwith = true",
            "line 2: there is no key terminal.low_bandwith. Did you mean low_bandwidth?",
        ),
        (
            'terminal.low_bandwidth = "yes"',
            'line 2: terminal.low_bandwidth must be true, false or "auto", not "yes".',
        ),
        (
            "terminal.low_bandwidth = 1",
            'line 2: terminal.low_bandwidth must be true, false or "auto", not 1.',
        ),
        ("[[endpoints]]", "line 2: endpoints must be a table, not a list."),
    ],
)
def test_a_wrong_line_is_named_and_costs_only_itself(write: Write, line: str, said: str) -> None:
    config = write(f"# mine\n{line}\n")
    assert told(config) == said
    assert config == Config(path=config.path, problems=config.problems)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('modle = "m"', "there is no key endpoints.a.modle. Did you mean mode or model?"),
        ("zzz = 1", "there is no key endpoints.a.zzz. Known here: allow_http, auth, body, ca_file"),
        (
            'kind = "databrick"',
            'must be one of "databricks", "openai", not "databrick". Did you mean databricks?',
        ),
        ("kind = []", 'must be one of "databricks", "openai", not a list.'),
        ('mode = "chatty"', 'must be one of "chat", "completion", not "chatty". Did you mean chat?'),
        ('auth = "baerer"', "Did you mean bearer?"),
        ("models = [1]", "endpoints.a.models must be a list of texts, none empty, not a list."),
        ("idle_timeout = 0", "endpoints.a.idle_timeout must be a number of seconds, more than 0"),
        ("idle_timeout = inf", "not inf."),
        ("idle_timeout = -1", "not -1."),
        ("allow_http = 1", "endpoints.a.allow_http must be true or false, not 1."),
        ('headers = { "a b" = "c" }', "whose keys are names of headers"),
        ('headers = { a = "c\\nd" }', "on one line"),
        ("headers = { a = 1 }", "on one line"),
        ("body = { stream = false }", "without stream, which fmtui sets itself"),
        ("body = { a = [nan] }", "that JSON can express"),
        ("body = { a = 2026-01-01 }", "that JSON can express"),
        ("system = 3", "endpoints.a.system must be text in quotes, not 3."),
        ("max_tokens = -1", "not -1."),
        ("ca_file = 1", "not 1."),
    ],
)
def test_a_wrong_key_of_an_endpoint_is_named_and_the_endpoint_stays(
    write: Write, line: str, said: str
) -> None:
    good = 'url = "http://127.0.0.1:1/v1"\nmodel = "tiny"'
    config = write(f"[endpoints.a]\n{good}\n{line}\n\n[endpoints.b]\n{good}\n")
    text = told(config)
    assert text.startswith("line 4: ")
    assert said in text
    assert [(endpoint.name, endpoint.model) for endpoint in config.endpoints] == [
        ("a", "tiny"),
        ("b", "tiny"),
    ]
    assert config.endpoints[0] == config.endpoints[1].__class__(
        name="a", url="http://127.0.0.1:1/v1", model="tiny", source="config.toml"
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[endpoints.a]", "line 1: endpoints.a has neither url nor profile."),
        (
            '[endpoints.a]\nurl = "ftp://x"',
            "line 2: endpoints.a.url cannot be used. The URL must begin with https://",
        ),
        ('[endpoints.a]\nurl = ""', "line 2: endpoints.a.url must be a text that is not empty"),
        (
            '[endpoints.demo]\nurl = "https://x"',
            "line 1: endpoints.demo: this name is taken by the built-in demo.",
        ),
        ('[endpoints."a b"]\nurl = "https://x"', 'line 1: endpoints."a b" is no name for an endpoint.'),
        ('[endpoints]\na = "https://x"', "line 2: endpoints.a must be a table. Write [endpoints.a]"),
    ],
)
def test_an_endpoint_without_an_address_or_name_costs_only_itself(
    write: Write, table: str, said: str
) -> None:
    config = write(f'{table}\n[endpoints.good]\nurl = "https://x/v1"\n')
    assert told(config).startswith(said)
    assert [endpoint.name for endpoint in config.endpoints] == ["good"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("theme = dark\n", 1),
        ('theme = "dark\n', 1),
        ('\n\n[endpoints.a\nurl = "x"\n', 3),
        ("a = 1\na = 2\n", 2),
        ("keys = [\n", 1),
    ],
)
def test_a_file_that_is_not_toml_gives_one_problem_with_its_line(write: Write, text: str, line: int) -> None:
    config = write(text)
    assert config.problems[0].line == line
    assert told(config).startswith(f"line {line}: this is not TOML: ")
    assert "(at " not in config.problems[0].message


def test_a_file_that_is_no_text_gives_the_line_of_the_first_wrong_byte(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'theme = "a"\nsystem = "\xff"\n')
    assert told(load(path)) == "line 2: this is not UTF-8 text. Save the file as UTF-8."


def test_what_cannot_be_read_or_is_nested_too_deeply_is_a_problem_not_a_crash(
    write: Write, tmp_path: Path
) -> None:
    assert "cannot be read" in told(load(tmp_path))
    assert told(write("a = " + "[" * 5000))


def test_a_byte_order_mark_and_windows_line_ends_are_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("\ufeff# é\r\ntheme = 'a'\r\nthme = 1\r\n".encode())
    config = load(path)
    assert config.theme == "a"
    assert config.problems[0].line == 3


# ---- keys of commands -------------------------------------------------------


def test_bindings_may_be_quoted_or_dotted_and_have_several_keys(write: Write) -> None:
    config = write('[keys]\n"a.b" = "f5"\nc.d = ["f6", "ctrl+x"]\n"e.f" = ""\ng.h = 4\n')
    assert config.keys == {"a.b": "f5", "c.d": "f6,ctrl+x", "e.f": ""}
    assert told(config) == 'line 5: keys.g.h must be text in quotes, not 4. Write "reply.stop" = "escape".'


# ---- lines ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\n[t]\na = 2\n", ("t", "a"), 3),
        ("[ t . 'u v' ] # x\n\"a\" = 2\n", ("t", "u v", "a"), 2),
        ("t.u.a = 1\n", ("t", "u", "a"), 1),
        ("[t]\nu = { a = 1 }\n", ("t", "u", "a"), 2),
        ('x = """\n[t]\na = 1\n"""\n[t]\na = 2\n', ("t", "a"), 6),
        ("x = '''\n'''\n[t]\na = 2\n", ("t", "a"), 4),
        ('x = "\\"# [t]"\n[t]\n', ("t",), 2),
        ('x = 1 # """\n[t]\n', ("t",), 2),
        ("[a]\nx = 1\n", ("t", "a"), None),
        ("[tt]\n[t]\n", ("t",), 2),
    ],
)
def test_the_line_of_a_key_is_found(text: str, path: tuple[str, ...], line: int | None) -> None:
    assert line_of(text, path) == line


# ---- places -----------------------------------------------------------------


def test_files_belong_where_the_options_the_environment_and_the_system_say(tmp_path: Path) -> None:
    environ = {
        "XDG_CONFIG_HOME": str(tmp_path / "c"),
        "XDG_DATA_HOME": str(tmp_path / "d"),
        "XDG_STATE_HOME": str(tmp_path / "s"),
    }
    assert config_path(environ) == tmp_path / "c" / "fmtui" / "config.toml"
    assert data_dir(environ) == tmp_path / "d" / "fmtui"
    assert state_dir(environ) == tmp_path / "s" / "fmtui"
    environ |= {"FMTUI_CONFIG": "/x/mine.toml", "FMTUI_DATA_DIR": "/x/data"}
    assert config_path(environ) == Path("/x/mine.toml")
    assert data_dir(environ) == Path("/x/data")
    assert config_path(environ, "/y/c.toml") == Path("/y/c.toml")
    assert data_dir(environ, "~/d") == Path.home() / "d"


def test_without_xdg_variables_or_with_relative_ones_the_usual_places_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {"XDG_CONFIG_HOME": "relative", "FMTUI_CONFIG": ""}
    assert tmp_path in config_path(environ).parents
    assert config_path(environ).name == "config.toml"
    assert tmp_path in data_dir(environ).parents
    assert tmp_path in state_dir(environ).parents


def test_reading_the_configuration_imports_neither_httpx_nor_textual_nor_asyncio() -> None:
    code = """
import sys
from pathlib import Path
import fmtui.core.state
from fmtui.core.config import load, offered
offered(load(Path("/none")), {}, Path("/none"))
print([name for name in ("httpx", "textual", "rich", "asyncio", "configparser") if name in sys.modules])
"""
    environ = {**os.environ, "PYTHONWARNINGS": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_terminal_table_chooses_the_writer_and_a_wrong_word_keeps_the_default(write: Write) -> None:
    assert write("").terminal.writer == "lean"
    assert write('[terminal]\nwriter = "stock"\n').terminal.writer == "stock"
    wrong = write('[terminal]\nwriter = "fast"\nwritre = 1\n')
    assert wrong.terminal.writer == "lean"
    first, second = map(str, wrong.problems)
    assert "terminal.writer must be one of" in first
    assert "line 2" in first
    assert "terminal.writre" in second
