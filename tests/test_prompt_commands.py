"""The user's own prompts on the command line and in the configuration."""

from pathlib import Path

import pytest

from fmtui.core.config import load, offered
from fmtui.core.prompt_example import EXAMPLE
from tests.command import Home
from tests.servers import D, E, F, ScriptedServer, stream


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder with a few prompts."""
    home = Home(tmp_path)
    home.configure()
    prompts = home.config.parent / "prompts"
    prompts.mkdir()
    (prompts / "review.toml").write_text(EXAMPLE)
    (prompts / "brief.toml").write_text('system = "Be brief."\n[params]\nmax_tokens = 9\n')
    (prompts / "hello.toml").write_text('text = "Say hello in {{language}}."\n')
    (prompts / "bad.toml").write_text('text = "a\x1b]0;x\x07')
    return home


async def test_they_are_listed_shown_and_wrong_ones_are_told(home: Home) -> None:
    listed = await home.ask("prompts")
    assert (listed.status, [line.split("\t") for line in listed.out.splitlines()]) == (
        0,
        [
            ["brief", "system", "", ""],
            ["hello", "text", "language", ""],
            ["review", "both", "focus=bugs input language=Python", "Review a change"],
        ],
    )
    assert "bad.toml, line 1: this is not TOML" in listed.err
    assert "\x1b" not in listed.err
    assert (await home.ask("prompts", "show", "review")).out == EXAMPLE
    assert (await home.ask("prompts", "example")).out == EXAMPLE
    assert (await home.ask("prompts", "path")).out.strip() == str(home.config.parent / "prompts")
    missing = await home.ask("prompts", "show", "reviw")
    assert (missing.status, "Did you mean review?" in missing.err) == (2, True)


async def test_ask_sends_one_with_its_variables_and_the_command_line_wins(home: Home) -> None:
    async with ScriptedServer(stream(E("ok"), F("stop"), D)) as server:
        home.configure(server)
        done = await home.ask(
            "ask",
            "--prompt",
            "review",
            "--var",
            "focus=speed",
            "--temperature",
            "1",
            "--no-save",
            stdin="x = 1\n",
        )
        assert (done.status, done.out, done.err) == (0, "ok", "")
        done = await home.ask("ask", "--prompt", "hello", "--var", "language=Low German", "--no-save")
        assert (done.status, done.err) == (0, "")
        done = await home.ask("ask", "--prompt", "brief", "--no-save", "--system", "Be long.", "Why?")
        assert (done.status, done.err) == (0, "")
    review, hello, brief = (request.json for request in server.requests)
    assert review["messages"] == [
        {
            "role": "system",
            "content": "You review Python code. You are brief, and you say where you are not sure.",
        },
        {"role": "user", "content": "Review this with an eye to speed:\n\nx = 1"},
    ]
    assert review["temperature"] == 1
    assert hello["messages"] == [{"role": "user", "content": "Say hello in Low German."}]
    assert (brief["messages"][0]["content"], brief["max_tokens"]) == ("Be long.", 9)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--prompt", "helo", "x"], "There is no prompt “helo”.\n       Did you mean hello?"),
        (["--prompt", "hello"], "needs a value for language.\n       Add: --var language=…"),
        (["--prompt", "hello", "--var", "lang=x"], "has no variable “lang”.\n       Did you mean language?"),
        (["--prompt", "review", "--var", "input=x", "y"], "has no variable “input”."),
        (["--prompt", "hello", "--var", "lang"], "--var needs NAME=VALUE"),
        (["--prompt", "review", "--var", "focus=x", "y"], "focus must be one of bugs, clarity, speed."),
        (["--prompt", "review"], "The prompt is empty."),
        (["--var", "a=b", "x"], "--var is for a prompt of your own."),
        (["--prompt", "bad", "x"], "this is not TOML"),
    ],
)
async def test_what_cannot_be_sent_is_a_sentence_and_a_hint(
    home: Home, arguments: list[str], says: str
) -> None:
    done = await home.ask("ask", *arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err


def test_the_configuration_names_one_for_all_endpoints_or_for_one(home: Home, tmp_path: Path) -> None:
    url = 'url = "http://127.0.0.1:1/v1"'
    home.config.write_text(
        f'prompt = "brief"\ntemperature = 0.5\n[endpoints.a]\n{url}\n'
        f'[endpoints.b]\n{url}\nprompt = "review"\n'
        f'[endpoints.c]\n{url}\nprompt = "review"\nsystem = "Mine."\n'
        f'[endpoints.d]\n{url}\nprompt = "reviw"\n'
    )
    endpoints, problems = offered(load(home.config), {}, tmp_path)
    params = {each.name: each.params for each in endpoints}
    assert params["a"] == {"system": "Be brief.", "max_tokens": 9, "temperature": 0.5}
    assert params["demo"] == params["a"] == params["d"]
    assert params["b"]["system"].startswith("You review Python code.")
    assert params["b"]["temperature"] == 0.2  # what an endpoint says goes before what all say
    assert params["c"]["system"] == "Mine."
    (problem,) = problems
    assert "endpoints.d.prompt cannot be used: There is no prompt “reviw”. Did you mean review?" in str(
        problem
    )
    assert problem.line == 14


def test_a_prompt_that_has_to_ask_is_no_default(home: Home, tmp_path: Path) -> None:
    (home.config.parent / "prompts" / "asks.toml").write_text('system = "Speak {{language}}."')
    home.config.write_text('prompt = "asks"\n')
    endpoints, problems = offered(load(home.config), {}, tmp_path)
    assert endpoints[-1].params == {}
    assert "has no value for language. Give a default in" in str(problems[0])
    # What is known only in a session cannot be given a default, and a text is for the editor.
    (home.config.parent / "prompts" / "asks.toml").write_text('system = "You are {{model}}."')
    _, problems = offered(load(home.config), {}, tmp_path)
    assert "{{model}} is known only once a prompt is used. Take it out of" in str(problems[0])
    (home.config.parent / "prompts" / "asks.toml").write_text('text = "x"')
    _, problems = offered(load(home.config), {}, tmp_path)
    assert "the prompt asks has neither system nor params. Add system" in str(problems[0])
