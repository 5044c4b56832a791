"""The plain mode: a conversation line by line, from pipes and from a dumb terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fmtui.core.chat import Params, ReasoningDelta, TextDelta, Turn
from fmtui.core.state import StateFile
from fmtui.output import Outlet
from fmtui.plain_report import PlainReport
from fmtui.writer import Writer
from tests.command import Home
from tests.servers import D, E, F, Scripted, ScriptedServer, data, stream
from tests.servers import answer as reply
from tests.terminal import Terminal, clean_environ, fmtui


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path)


async def test_a_conversation_in_a_pipe_is_kept_and_its_commands_are_those_of_the_app(home: Home) -> None:
    lines = """\
one
/set temperature 0.3
two \\
more
/retry
/retry third
/modle tiny
/model
/model other
/params
/theme nord
/quit smoking, how?
/sessions
/copyfile
/copy
/search more
/nothing known
/export md x/y.md
/new
/sessions 1
/sessions latest
/sessions 99
/unset temperature
/unset nonsense
/endpoint elsewhere
/cost
/pager
/help
"""
    answers = [stream(E(f"answer {each}"), F("stop"), D) for each in range(1, 7)]
    listed = {"/v1/models": [reply({"data": [{"id": "tiny"}, {"id": "third"}]})]}
    async with ScriptedServer(*answers, routes=listed) as server:
        home.configure(server)
        done = await home.ask("--plain", stdin=lines)
    assert done.status == 0
    sent = [
        ([each["content"] for each in request.json["messages"]], request.json["model"])
        for request in server.requests
        if request.method == "POST"
    ]
    two = "two \nmore"
    assert sent == [
        (["one"], "tiny"),
        (["one", "answer 1", two], "tiny"),
        (["one", "answer 1", two], "tiny"),
        (["one", "answer 1", two], "third"),
        (["one", "answer 1", two, "answer 4", "/quit smoking, how?"], "other"),
        (["one", "answer 1", two, "answer 4", "/quit smoking, how?", "answer 5", "/nothing known"], "other"),
    ]
    posts = [each.json for each in server.requests if each.method == "POST"]
    assert ["temperature" in each for each in posts] == [False, True, True, True, True, True]
    assert done.out.startswith("You: one\ntiny:\nanswer 1\nYou: /set temperature 0.3\n")
    assert "You: two \\\n...  more\ntiny:\nanswer 2\nYou: /retry\ntiny:\nanswer 3\n" in done.out
    assert "\nYou: /retry third\nthird:\nanswer 4\nYou: /modle tiny\n" in done.out
    for words in (
        *(
            "temperature: 0.3  (set for this session)",
            "max_tokens: 2048  (by itself)",
            "other:\nanswer 5",
            "(this one)",
            "Written to ",
            "This is a new session.",
        ),
        *("Going on with: one, 8 turns.", "temperature is as the configuration has it.", "## You\n\none"),
        *("You are in this session.", "  tiny  (this one)", "Not sent: top_p, top_k, "),
        "/copyfile [file]: Write what Copy would copy",
    ):
        assert words in done.out
    for words in (
        "does not list other; it",
        "There is no /modle. Did you mean /model?",
        "/theme needs the full screen",
        "There is no endpoint “elsewhere”",
        "nonsense",
        "y.md",
    ):
        assert words in done.err
    assert "\x1b" not in done.out + done.err
    turns = home.turns()
    assert [turn.text for turn in turns if turn.role == "user"] == [
        *("one", two, "/quit smoking, how?", "/nothing known")
    ]


_PROMPT = """\
system = "You translate."
text = "Say in {{language}}:\\n{{input}}"

[variables]
language = "German"
"""


async def test_prompts_files_and_the_window_are_at_hand_and_a_chosen_model_is_remembered(home: Home) -> None:
    lines = """\
/context
/prompt
/translate
/translate language=French olive oil
/system
/system translate
/system You are terse.
/attach nowhere.txt
/attach a file.txt
this
/attach a file.txt
/attach none
/shorten
/context
/model other
that
/whole
/whole
/unknown
"""
    answers = [stream(E(f"answer {each}"), F("stop"), D) for each in range(1, 5)]
    async with ScriptedServer(*answers) as server:
        home.configure(server, "[models.tiny]\nwindow = 9000\n")
        prompts = home.config.parent / "prompts"
        prompts.mkdir()
        (prompts / "translate.toml").write_text(_PROMPT)
        file = home.folder / "file.txt"
        file.write_text("of the file")
        done = await home.ask(
            "--plain", stdin=lines.replace("a file.txt", str(file)).replace("olive oil", "olive " * 400)
        )
    assert done.status == 0
    remembered = StateFile(home.folder / "state" / "fmtui" / "state.toml").load()
    assert (remembered.endpoint, remembered.models) == ("local", {"local": "other"})
    posts = [each.json for each in server.requests if each.method == "POST"]
    said = [[each["content"] for each in post["messages"]] for post in posts]
    assert said[0] == ["You translate.", "Say in French:\n" + ("olive " * 400).rstrip()]
    assert said[1][0] == "You are terse."
    assert said[1][-1].startswith("this")
    assert "of the file" in said[1][-1]
    assert said[2] == ["You are terse.", said[1][-1], "answer 2", "that"], "the oldest turns were left out"
    assert [post["model"] for post in posts] == ["tiny", "tiny", "other", "other"]
    for words in (
        *(
            "model: tiny at local\nwindow: 9,000 tokens",
            "sent: nothing yet",
            "translate: Say in {{language}}",
        ),
        *("You: Say in French:\n...  olive ", "\ntiny:\nanswer 1\n", "The system prompt:\nYou translate.\n"),
        *("The 2 oldest turns are left out", "sent: 2 of 4 turns", "No file goes with the next prompt."),
        *("All of the conversation is sent again.", "All of the conversation is sent already."),
    ):
        assert words in done.out
    assert "translate needs a text behind its name" in done.err
    assert "nowhere.txt" in done.err


_PRICED = '[models."tiny"]\nprice_in = 1\nprice_out = 2\n'


async def test_the_oldest_turns_are_summarised_by_a_request_that_is_seen_and_counted(home: Home) -> None:
    lines = "one\ntwo\nthree\n/shorten summarise\n/cost\nfour\n/context\n/shorten otherwise\n"
    answers = [stream(E("word " * count), F("stop"), D) for count in (1_200, 1_200, 9)]
    counted = {"choices": [], "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 0}}
    summed = stream(E("They counted."), F("stop"), data(counted), D)
    async with ScriptedServer(*answers, summed, stream(E("a4"), F("stop"), D)) as server:
        home.configure(server, _PRICED, max_tokens=9)
        done = await home.ask("--plain", stdin=lines)
    posts = [each.json for each in server.requests if each.method == "POST"]
    asked = posts[3]["messages"]
    assert [each["role"] for each in asked] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [each["content"] for each in asked][1::2] == ["one", "two", asked[-1]["content"]]
    assert asked[-1]["content"].startswith("Summarise the conversation so far")
    assert "The 4 oldest turns are summarised; Ctrl+C stops that.\ntiny:\nThey counted.\n" in done.out
    assert "the summary is sent in their place. /whole sends them again. It cost $1.00.\n" in done.out
    assert "This session cost about $1.00" in done.out
    first, _, last = posts[4]["messages"]
    assert first["content"].endswith("\n\nThey counted.\n\nthree")
    assert last["content"] == "four"
    assert "a summary in their place" in done.out
    assert "“otherwise” is no way to shorten." in done.err
    assert len(home.turns()) == 8, "a summary is no turn"


async def test_without_a_summary_all_is_sent_as_before(home: Home) -> None:
    lines = "one\ntwo\nthree\n/shorten summarise\n/context\n"
    answers = [stream(E("word " * count), F("stop"), D) for count in (1_200, 1_200, 9)]
    refused = Scripted([b'{"error": {"message": "no"}}'], 401)
    async with ScriptedServer(*answers, refused) as server:
        home.configure(server)
        done = await home.ask("--plain", stdin=lines)
    assert "There is no summary; all is sent as before." in done.out
    assert "sent: all 6 turns" in done.out


def test_who_types_is_asked_how_to_shorten_and_may_go_back(home: Home) -> None:
    session = home.store.new()
    for number, count in enumerate((1_200, 1_200, 9)):
        prompt = Turn.prompt(f"prompt {number}", session.path_to().last)
        session.append(prompt)
        params = Params("demo", "demo-chat")
        session.append(
            Turn(f"r{number}", "assistant", "word " * count, prompt.id, params=params, outcome="complete")
        )
    session.close()
    with Terminal(home.command("--plain", "-e", "demo", "--continue"), home.environ) as terminal:

        def wait_for(words: str) -> None:
            terminal.until(lambda t: words in t.raw.decode(errors="replace")[seen:])

        seen = 0
        wait_for("You: ")
        for typed, answer in (
            ("/shorten", "leave, summarise or back? "),
            ("what?", "Enter alone goes back."),
            ("", "All is sent as before."),
            ("/shorten", "leave, summarise or back? "),
            ("\x03", "All is sent as before."),
            ("/shorten", "leave, summarise or back? "),
            ("s", "the summary is sent in their place."),
            ("/shorten leave", "There is nothing that could be left out."),
            ("/context", "of 6 turns"),
        ):
            seen = len(terminal.raw.decode(errors="replace"))
            terminal.type(typed if typed == "\x03" else f"{typed}\r")
            wait_for(answer)
            wait_for("? " if "back?" in answer or "alone" in answer else "You: ")
        terminal.type("\x04")
        assert terminal.wait() == 0
    assert len(home.turns()) == 6


async def test_a_pipe_leaves_drafts_alone_and_what_is_asked_again_takes_no_file_of_the_next(
    home: Home,
) -> None:
    typed = home.store.new()
    typed.append(Turn.prompt("one", ""))
    typed.save_draft("half a prompt")
    typed.close()
    unborn = home.store.new()
    unborn.save_draft("a whole one")
    unborn.close()
    file = home.folder / "file.txt"
    file.write_text("of the file")
    answers = [stream(E("answer"), F("stop"), D) for _ in range(3)]
    async with ScriptedServer(*answers) as server:
        home.configure(server)
        await home.ask("--plain", "--continue", stdin=f"/attach {file}\n/retry\ntwo\n")
        await home.ask("--plain", stdin="three\n")
    said = [each.json["messages"][-1]["content"] for each in server.requests if each.method == "POST"]
    assert [words.partition("\n")[0] for words in said] == ["one", "two", "three"]
    assert ["of the file" in words for words in said] == [False, True, False]
    assert home.store.draft(typed.id) == "half a prompt"
    assert home.store.draft(unborn.id) == "a whole one"


async def test_a_dumb_terminal_gets_it_by_itself_and_what_was_typed_is_kept(tmp_path: Path) -> None:
    environ = clean_environ(tmp_path, TERM="dumb")
    with Terminal(fmtui("-e", "demo"), environ) as terminal:
        terminal.until("You: ")
        assert "so this is the plain mode" in terminal.text
        assert "You talk to demo-chat at demo." in terminal.text
        terminal.type("cookies\r")
        terminal.until("demo-chat:")
        terminal.type("\x03")
        terminal.until("Stopped; what came is kept")
        terminal.until(lambda t: t.text.rstrip().endswith("You:"))
        terminal.type("abc")
        terminal.until("You: abc")
        terminal.type("\x03")
        terminal.until("Up brings the line back")
        terminal.type("half a prom")
        terminal.until("half a prom")
        terminal.kill(signal.SIGHUP)  # several may come at once, or one by one until the end
        while not terminal.ended:
            terminal.kill(signal.SIGTERM)
            terminal.read(0.001)
        assert terminal.wait() in {128 + signal.SIGHUP, 128 + signal.SIGTERM}
        assert b"\x1b" not in terminal.raw
        assert "error" not in terminal.text
    with Terminal(fmtui("--plain", "-e", "demo", "--continue"), environ) as terminal:
        terminal.until("half a prom")
        assert "Going on with: cookies" in terminal.text
        terminal.type("\x15\x04")
        assert terminal.wait() == 0


async def test_the_last_answer_can_be_copied_after_a_prompt_that_failed(home: Home) -> None:
    refused = Scripted([b'{"error": {"message": "no"}}'], 401)
    async with ScriptedServer(stream(E("the answer"), F("stop"), D), refused) as server:
        home.configure(server)
        done = await home.ask("--plain", stdin=f"one\ntwo\n/copyfile {home.folder / 'kept.md'}\n")
    assert done.status == 0
    assert (home.folder / "kept.md").read_text().strip() == "the answer"


async def test_what_is_wrong_with_the_configuration_is_told_once_whenever_it_matters_first(
    home: Home,
) -> None:
    listed = {"/v1/models": [reply({"data": [{"id": "tiny"}, {"id": "third"}]})]}
    broken = '[endpoints.broken]\nkind = "openai"\n'
    async with ScriptedServer(stream(E("fine"), F("stop"), D), routes=listed) as server:
        home.configure(server, broken, model=None)
        done = await home.ask("--plain", stdin="/endpoint\n/model\none\n/model third\none\n/endpoint\n")
        assert (done.status, done.err.count("neither url nor profile")) == (0, 1)
        assert "local  config.toml  (this one)" in done.out
        # Without a model they are listed, as that is what to choose from.
        assert "Models of local:\n  tiny\n  third\nYou: one\nYou: /model third" in done.out
        assert "No model is chosen for “local”" in done.err
        done = await home.ask("--plain", stdin="/model tiny\none\n/endpoint\n")
        assert (done.status, done.err.count("neither url nor profile")) == (0, 1)


async def test_what_goes_wrong_is_told_and_the_next_prompt_is_read(home: Home) -> None:
    refused = Scripted([b'{"error": {"message": "no"}}'], 401)
    async with ScriptedServer(refused, stream(E("fine"), F("stop"), D)) as server:
        home.configure(server)
        done = await home.ask("--plain", stdin="one\ntwo\n")
    assert done.status == 0
    assert "fmtui: " in done.err
    assert done.out == "You: one\nYou: two\ntiny:\nfine\n"
    # What nothing answered is not said again with the next prompt.
    assert server.requests[-1].json["messages"] == [{"role": "user", "content": "two"}]
    gone = await home.ask("--plain", "-s", "20200101-000000-0000", stdin="one\n")
    assert (gone.status, gone.out) == (2, "")


class Told(Writer):
    """Keeps what would be written."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, outlet: Outlet, text: str) -> None:
        del outlet
        self.text += text


def test_who_speaks_is_said_once_and_notes_about_every_request_are_not_repeated() -> None:
    report, told = PlainReport(Outlet(None), Outlet(None)), Told()
    for _ in range(2):
        report.begin(told)
        report.note("There is no endpoint.")
        report.asked(Params("e", "a\x1bmodel"))
        for event in (ReasoningDelta("hm"), ReasoningDelta(" so"), TextDelta("one "), TextDelta("two")):
            report.event(event)
        report.note("It was sent again.")
    part = "Reasoning:\nhm so\n\na␛model:\none two\nfmtui: It was sent again.\n"
    assert told.text == f"fmtui: There is no endpoint.\n{part}{part}"


def test_nothing_of_the_screen_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from fmtui.cli import main; main(['--plain', '-e', 'demo']); "
        "print([name for name in sys.modules if name.startswith(('textual', 'rich', 'markdown_it'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="hi\n/help\n/params\n/sessions\n/copyfile\n",
        env=clean_environ(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
