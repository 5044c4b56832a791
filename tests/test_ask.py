"""`fmtui ask` against a server on loopback: what it sends, prints, keeps and complains about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fmtui.core.context import SUMMARY, Cut
from tests.command import Home
from tests.servers import D, E, F, Scripted, ScriptedServer, answer, seed, stream
from tests.terminal import Terminal

COOKIES = "Tell me in detail how to make chocolate chip cookies."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path)


# ---- the answer -------------------------------------------------------------


async def test_the_recorded_chat_comes_out_word_for_word_and_is_kept(home: Home) -> None:
    async with ScriptedServer(stream(*seed("chat"), F("stop"), D)) as server:
        home.configure(server)
        done = await home.ask("ask", COOKIES, "--max-tokens", "64", "--system", "Be brief.")
    assert (done.status, done.out, done.err) == (0, "1. G they are soft", "")
    body = server.requests[0].json
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": COOKIES},
    ]
    assert (body["model"], body["max_tokens"], body["stream"]) == ("tiny", 64, True)
    prompt, reply = home.turns()
    assert (prompt.text, reply.text, reply.outcome) == (COOKIES, "1. G they are soft", "complete")
    assert reply.parent == prompt.id
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (
        28,
        724,
        752,
    )


async def test_the_first_code_block_alone_is_written_once_it_is_whole(home: Home) -> None:
    said = "See:\n\n```sh\nls -l\necho `id`\n```\n\nor\n\n```\nnot this\n```\n"
    async with ScriptedServer(
        stream(*map(E, said.splitlines(keepends=True)), F("stop"), D), stream(E("none"), F("stop"), D)
    ) as server:
        home.configure(server)
        code = await home.ask("ask", "--code", "hi")
        none = await home.ask("ask", "--code", "hi")
    assert (code.status, code.out) == (0, "ls -l\necho `id`\n")
    assert "the first of 2 code blocks" in code.err
    assert (none.status, none.out) == (0, "")
    assert "no code block" in none.err
    both = await home.ask("ask", "--code", "--json", "hi")
    assert both.status == 2


async def test_a_dry_run_writes_the_request_and_neither_sends_nor_keeps_it(home: Home) -> None:
    async with ScriptedServer(stream(*seed("chat"), F("stop"), D)) as server:
        home.configure(server)
        written = await home.ask("ask", "--dry-run", "json", COOKIES, "--max-tokens", "64")
        shown = await home.ask("ask", "--dry-run", "request", COOKIES)
        assert not [each for each in server.requests if each.method == "POST"]
        assert home.store.latest() is None
        await home.ask("ask", COOKIES, "--max-tokens", "64")
    assert (written.status, written.err) == (0, "")
    assert json.loads(written.out) == server.requests[-1].json
    assert shown.out.startswith(f"POST {server.url}/chat/completions\n")


async def test_the_recorded_completion_comes_out_word_for_word(home: Home) -> None:
    async with ScriptedServer(stream(*seed("completion"), D)) as server:
        home.configure(server)
        done = await home.ask("ask", "--mode", "completion", COOKIES, "--json")
    assert done.status == 0
    assert server.requests[0].target == "/v1/completions"
    assert server.requests[0].json["prompt"] == COOKIES
    end = done.lines[-1]
    assert end["text"] == "Sure, you’ and bake for"
    assert (end["usage"]["prompt_tokens"], end["usage"]["completion_tokens"]) == (39, 84)
    assert "".join(line["text"] for line in done.lines if line["event"] == "text") == end["text"]


async def test_what_the_other_mode_alone_takes_is_named_and_not_sent(home: Home) -> None:
    async with ScriptedServer(stream(*seed("completion"), D)) as server:
        home.configure(server)
        done = await home.ask("ask", "--mode", "completion", COOKIES, "--system", "Be brief.")
    assert (done.status, done.out) == (0, "Sure, you’ and bake for")
    assert "system is not sent: it applies in chat mode only." in done.err
    assert "Be brief." not in str(server.requests[0].json)


async def test_a_known_price_gives_the_cost_which_is_kept_and_summed_up(home: Home) -> None:
    price = '[models."tiny"]\nprice_in = 1\nprice_out = 2\n'
    async with ScriptedServer(stream(*seed("chat"), F("stop"), D)) as server:
        home.configure(server, price)
        done = await home.ask("ask", COOKIES, "--json")
        unkept = await home.ask("ask", COOKIES, "--json", "--no-save")
    assert (done.lines[-1]["cost"], unkept.lines[-1]["cost"]) == (0.001476, 0.001476)
    assert home.turns()[1].cost == 0.001476
    listed = home.run("sessions").out.split("\t")
    assert listed[4] == "0.00147600"
    with Terminal(home.command("sessions"), home.environ, columns=120) as terminal:
        assert terminal.wait() == 0
    assert "$0.0015" in terminal.text


async def test_what_probably_has_no_room_in_the_window_is_said_and_sent_all_the_same(home: Home) -> None:
    window = '[models."tiny"]\nwindow = 100\n'
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server, window)
        short = await home.ask("ask", "hi", "--max-tokens", "50")
        long = await home.ask("ask", "word " * 80, "--max-tokens", "50", "--continue")
    assert (short.status, short.err) == (0, "")
    assert (long.status, long.out) == (0, "x")
    assert "no room in the model's window of 100" in long.err
    assert len(server.requests) == 2


async def test_a_session_that_was_shortened_in_the_app_is_continued_from_there(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        for prompt in ("one", "two"):
            await home.ask("ask", prompt, "--continue")
        session = home.store.open(home.store.latest() or "")
        session.begin_history(Cut(home.turns()[2].id, datetime.now(UTC), "They said one."))
        session.close()
        await home.ask("ask", "three", "--continue")
    sent = [message["content"] for message in server.requests[-1].json["messages"]]
    assert sent == [f"{SUMMARY}\n\nThey said one.\n\ntwo", "x", "three"]


# ---- where the prompt comes from --------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "stdin", "prompt"),
    [
        (["-"], "from a pipe\n", "from a pipe"),
        ([], "from a pipe\r\n", "from a pipe"),
        (["summarise"], "line 1\nline 2\n", "summarise\n\nline 1\nline 2"),
        (["summarise", "-"], "line 1\n", "summarise\n\nline 1"),
        (["two", "words"], "", "two words"),
        (["é"], b"\xff\xfe ok", "é\n\n\ufffd\ufffd ok"),
    ],
)
async def test_prompt_and_standard_input_make_one_prompt(
    home: Home, arguments: list[str], stdin: str | bytes, prompt: str
) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        await home.ask("ask", *arguments, stdin=stdin)
    assert server.requests[0].json["messages"][-1]["content"] == prompt


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "-"], ["ask", "  "]])
async def test_no_prompt_is_wrong_use(home: Home, arguments: list[str]) -> None:
    done = await home.ask(*arguments, stdin="")
    assert (done.status, done.out) == (2, "")
    assert "prompt is empty" in done.err


# ---- sessions ---------------------------------------------------------------


async def test_continue_sends_the_conversation_so_far(home: Home) -> None:
    async with ScriptedServer(stream(E("first answer"), F("stop"), D)) as server:
        home.configure(server)
        await home.ask("ask", "one", "--system", "Be brief.", "--max-tokens", "77")
        await home.ask("ask", "-c", "two")
        session_id = home.store.latest() or ""
        await home.ask("ask", "-s", session_id[:-1], "three", "--no-save")
    second = server.requests[1].json
    assert [message["content"] for message in second["messages"]] == [
        "Be brief.",
        "one",
        "first answer",
        "two",
    ]
    assert second["max_tokens"] == 77
    assert [m["content"] for m in server.requests[2].json["messages"]][-2:] == ["first answer", "three"]
    assert [turn.text for turn in home.turns()] == ["one", "first answer", "two", "first answer"]
    assert len(home.store.heads()) == 1


async def test_no_save_leaves_nothing_behind(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        done = await home.ask("ask", "secret", "--no-save")
    assert done.out == "x"
    assert not [path for path in home.folder.rglob("*") if path.is_file() and path != home.config]


async def test_continuing_without_a_session_starts_one(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        done = await home.ask("ask", "--continue", "hello")
    assert (done.status, done.out) == (0, "x")
    assert "new one" in done.err
    assert len(home.turns()) == 2


async def test_a_session_that_does_not_exist_is_wrong_use(home: Home) -> None:
    done = await home.ask("ask", "-s", "nothing", "hi")
    assert (done.status, done.out) == (2, "")
    assert "There is no session “nothing”." in done.err


async def test_a_session_open_in_another_window_is_left_alone(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        await home.ask("ask", "one")
        session = home.store.open(home.store.latest() or "")
        try:
            done = await home.ask("ask", "--continue", "two")
        finally:
            session.close()
    assert done.status == 1
    assert "--no-save" in done.err
    assert len(home.turns()) == 2


async def test_what_was_mended_in_a_session_is_told(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        await home.ask("ask", "one")
        (path,) = home.store.folder.glob("*.toml")
        path.write_text(path.read_text() + "\n[[turns]]\nid = broken")
        done = await home.ask("ask", "--continue", "two")
    assert (done.status, done.out) == (0, "x")
    assert "damaged" in done.err
    assert f"saved as {path.name}.damaged-1" in done.err
    assert [turn.text for turn in home.turns()] == ["one", "x", "two", "x"]


async def test_a_session_of_a_newer_program_is_not_said_to_be_open_elsewhere(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        await home.ask("ask", "one")
        (path,) = home.store.folder.glob("*.toml")
        path.write_text(path.read_text().replace("format = 1", "format = 99"))
        done = await home.ask("ask", "--continue", "two")
        unkept = await home.ask("ask", "--continue", "--no-save", "two")
    assert (done.status, done.out, unkept.out) == (1, "", "x")
    assert "A newer fmtui wrote this session" in done.err
    assert "another window" not in done.err


async def test_a_data_folder_that_cannot_be_written_costs_only_the_keeping(home: Home) -> None:
    (home.folder / "data").write_text("a file is in the way")
    async with ScriptedServer(stream(E("all the same"), F("stop"), D)) as server:
        home.configure(server)
        done = await home.ask("ask", "hi")
    assert (done.status, done.out) == (0, "all the same")
    assert done.err.startswith("fmtui: ")
    assert "not kept" in done.err
    assert "stays in memory" not in done.err, "this process ends with its answer"
    assert "Traceback" not in done.err


# ---- errors -----------------------------------------------------------------


async def test_a_cut_stream_is_status_3_with_the_text_kept(home: Home) -> None:
    async with ScriptedServer(stream(E("par"))) as server:
        home.configure(server)
        done = await home.ask("ask", "hi")
    assert (done.status, done.out) == (3, "par")
    assert done.err.startswith("fmtui: ")
    assert home.turns()[-1].outcome == "cut_off"


async def test_a_refused_request_is_status_1_with_the_servers_sentence(home: Home) -> None:
    async with ScriptedServer(
        answer({"error_code": "BAD_REQUEST", "message": "bad \x1b[2J thing"}, 400)
    ) as server:
        home.configure(server)
        text = await home.ask("ask", "hi")
        lines = await home.ask("ask", "hi", "--json")
    assert (text.status, text.out) == (1, "")
    assert "bad ␛[2J thing" in text.err
    assert "--mode completion" in text.err
    end = lines.lines[-1]
    assert (lines.status, lines.err) == (1, "")
    assert (end["event"], end["outcome"], end["error"]["status"]) == ("end", "error", 400)


async def test_an_unknown_model_names_the_nearest(home: Home) -> None:
    listing = answer({"object": "list", "data": [{"id": "tiny-chat"}, {"id": "other"}]})
    missing = answer({"error": {"message": "The model does not exist."}}, 404)
    async with ScriptedServer(missing, routes={"/v1/models": listing}) as server:
        home.configure(server)
        done = await home.ask("ask", "-m", "tiny-chatt", "hi")
    assert done.status == 1
    assert "tiny-chat" in done.err


async def test_a_key_that_is_not_there_is_told_before_anything_is_sent(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), D)) as server:
        home.configure(server, token_env="NOT_SET_ANYWHERE")
        done = await home.ask("ask", "hi")
    assert (done.status, done.out) == (2, "")
    assert "NOT_SET_ANYWHERE" in done.err
    assert server.requests == []


@pytest.mark.parametrize("as_json", [False, True])
async def test_an_unknown_endpoint_names_the_nearest(home: Home, *, as_json: bool) -> None:
    done = await home.ask("ask", "-e", "demmo", "hi", *(["--json"] if as_json else []))
    assert done.status == 2
    told = done.lines[-1]["error"]["hint"] if as_json else done.err
    assert "Did you mean demo?" in told


async def test_wrong_use_has_an_end_in_json_too(home: Home) -> None:
    done = await home.ask("ask", "hi", "--json", "--max-tokens", "0")
    assert (done.status, done.err) == (2, "")
    assert done.lines[-1]["error"] == {
        "type": "usage",
        "message": "max_tokens must be a whole number from 1 to 10,000,000.",
        "status": None,
        "hint": "Given: --max-tokens 0",
    }


async def test_a_broken_configuration_is_told_and_what_is_valid_is_used(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server, "temprature = 1\n")
        done = await home.ask("ask", "hi")
    assert (done.status, done.out) == (0, "x")
    assert "temprature" in done.err
    assert "line 1" in done.err


async def test_a_configuration_file_that_is_named_must_exist(home: Home) -> None:
    done = await home.ask("ask", "hi", "--config", "/nowhere/config.toml")
    assert (done.status, done.out) == (2, "")
    assert "/nowhere/config.toml" in done.err


# ---- the demo ----


async def test_the_demo_never_stands_in_silently(home: Home) -> None:
    done = await home.ask("ask", "hi", "--max-tokens", "30")
    assert done.status == 0
    assert "canned text, no model" in done.out
    assert "built-in demo answers" in done.err
    named = await home.ask("ask", "-e", "demo", "hi", "--max-tokens", "30")
    assert "built-in demo answers" not in named.err


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ("x = ", {}),
        ("[endpoints.work]\nurl = 'ftp://x'\n", {}),
        ("", {"DATABRICKS_TOKEN": "dapi1"}),
        ("", {"DATABRICKS_HOST": "ftp://x"}),
        ("x = ", {"OPENAI_API_KEY": "sk", "OPENAI_BASE_URL": "{server}"}),
        ("[endpoints.work]\nprofile = 'gone'\n", {"OPENAI_API_KEY": "sk", "OPENAI_BASE_URL": "{server}"}),
        ("", {"DATABRICKS_HOST": "https://w.invalid", "DATABRICKS_CONFIG_PROFILE": "gone"}),
    ],
)
@pytest.mark.parametrize("command", [["ask", "-m", "tiny", "hi"], ["models"]])
async def test_nobody_answers_in_place_of_what_is_configured_wrongly(
    home: Home, command: list[str], config: str, environ: dict[str, str]
) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(text=config)
        home.environ |= {name: value.format(server=server.url) for name, value in environ.items()}
        done = await home.ask(*command)
        assert (done.status, done.out, server.requests) == (2, "", [])
    assert done.err.count("fmtui: ") == 1
    named = await home.ask(*command, "-e", "demo")
    assert named.err.count("fmtui: ") >= 1, "what is wrong is told all the same"


@pytest.mark.parametrize(
    ("listing", "status", "said"),
    [
        (answer({"error_code": "PERMISSION_DENIED", "message": "not for you"}, 403), 1, "not for you"),
        (answer({}), 0, "lists no models"),
        (answer("<html><title>Sign in</title></html>"), 1, "list of models is not JSON"),
    ],
)
async def test_case_123_without_a_list_a_model_can_still_be_named(
    home: Home, listing: Scripted, status: int, said: str
) -> None:
    routes = {"/api/2.0/serving-endpoints": listing}
    async with ScriptedServer(stream(E("hello"), F("stop"), D), routes=routes) as server:
        home.configure(server, url=server.origin, kind="databricks", model=None, auth="none")
        listed = await home.ask("models")
        done = await home.ask("ask", "-m", "mine", "hi")
    assert (listed.status, listed.out.strip()) == (status, "")
    assert said in listed.err
    assert (done.status, done.out) == (0, "hello")
    assert server.requests[0].target == "/serving-endpoints/mine/invocations"


async def test_the_mode_follows_the_models_task(home: Home) -> None:
    done = await home.ask("ask", "-e", "demo", "-m", "demo-completion", "cookies", "--max-tokens", "30")
    assert "canned text" in done.out
    params = home.turns()[-1].params
    assert params is not None
    assert params.mode == "completion"


async def test_files_are_attached_and_a_later_prompt_sends_their_pictures_again(
    home: Home, tmp_path: Path
) -> None:
    notes, picture = tmp_path / "notes.md", tmp_path / "pic"
    notes.write_text("alpha")
    picture.write_bytes(b"\x89PNG\r\n\x1a\npicture")
    files = ("--attach", str(notes), "--attach", str(picture))
    async with ScriptedServer(*[stream(E("x"), F("stop"), D)] * 3) as server:
        home.configure(server)
        missing = await home.ask("ask", "--attach", "none.txt", "look")
        assert (missing.status, server.requests) == (2, [])
        assert "There is no file none.txt." in missing.err
        assert (await home.ask("ask", *files, "--no-save", "look")).status == 0
        assert (await home.ask("ask", *files, "look")).status == 0
        assert (await home.ask("ask", "--continue", "again")).status == 0
    for request in server.requests:
        text, shown = request.json["messages"][0]["content"]
        assert text["text"].startswith(f"look\n\n`{notes}` [{picture}]")
        assert "```md\nalpha\n```" in text["text"]
        assert shown["image_url"]["url"].startswith("data:image/png;base64,")
    assert "⟦" in home.turns()[0].text
