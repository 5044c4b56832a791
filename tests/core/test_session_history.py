"""Where the sent history of a session begins: kept in its head, by branch, and never in its turns."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fmtui.core.chat import Mode, Params, Request, Turn
from fmtui.core.context import SUMMARY, Cut
from fmtui.core.sessions import Session, SessionStore
from fmtui.core.wire import encode


def filled(folder: Path) -> tuple[SessionStore, Session]:
    store = SessionStore(folder)
    session = store.new()
    before = ""
    for number in range(6):
        role = "assistant" if number % 2 else "user"
        session.append(Turn(f"t{number}", role, f"text {number}", before))  # type: ignore[arg-type]  # a Role
        before = f"t{number}"
    return store, session


def cut(first: str, summary: str = "") -> Cut:
    return Cut(first, datetime.now(UTC), summary)


def texts(session: Session, leaf: str = "") -> list[str]:
    return [said.text for said in session.said_to(leaf)]


def test_what_is_sent_begins_there_also_after_reopening_and_no_turn_is_changed(tmp_path: Path) -> None:
    store, session = filled(tmp_path)
    turns = session.path.read_bytes().partition(b"[[turns]]")[2]
    session.begin_history(cut("t4"))
    assert texts(session) == ["text 4", "text 5"]
    session.close()
    again = store.open(session.id)
    found = again.cut_of()
    assert found is not None
    assert (found[0].first, found[1], found[0].summary) == ("t4", 4, "")
    assert texts(again) == ["text 4", "text 5"]
    assert len(again.path_to()) == 6
    assert again.path.read_bytes().partition(b"[[turns]]")[2] == turns
    again.append(Turn("t6", "user", "text 6", "t5"))
    assert texts(again) == ["text 4", "text 5", "text 6"]
    again.close()


def test_a_summary_is_said_first_in_both_modes_and_can_hold_anything(tmp_path: Path) -> None:
    store, session = filled(tmp_path)
    summary = 'They said "x" \\ and\n[[turns]]\nid = "no"\n"""\n\x1b é 🍪'
    session.begin_history(cut("t4", summary))
    session.rename("Another title")
    session.close()
    assert store.heads()[0].title == "Another title"
    assert (store.heads()[0].turns, b"\x1b" in session.path.read_bytes()) == (6, False)
    again = store.open(session.id)
    said = f"{SUMMARY}\n\n{summary}"
    assert texts(again) == [said, "text 4", "text 5"]
    body = b"".join(encode(Request(Params(model="m"), again.said_to()), "openai")).decode()
    assert body.count('"role":"user"') == 1  # joined with the prompt that follows: some want them by turns
    whole = b"".join(encode(Request(Params(model="m", mode="completion"), again.said_to()), "openai"))
    assert b"text 4" in whole
    assert b"text 3" not in whole
    assert SUMMARY.encode() in whole
    again.close()


def test_branches_without_the_turn_are_sent_whole_and_the_latest_choice_wins(tmp_path: Path) -> None:
    _, session = filled(tmp_path)
    session.append(Turn("b3", "assistant", "sibling", "t2"))
    session.begin_history(cut("t4"))
    assert texts(session, "b3") == ["text 0", "text 1", "text 2", "sibling"]
    session.begin_history(cut("t2", "so far"))
    assert texts(session, "b3") == [f"{SUMMARY}\n\nso far", "text 2", "sibling"]
    assert texts(session, "t5")[1:] == ["text 2", "text 3", "text 4", "text 5"]
    session.begin_history(cut("t0"))
    assert len(texts(session, "t5")) == 6
    assert session.path.read_text().count("from =") == 3
    session.close()


def test_a_comment_and_unknown_keys_survive_and_a_wrong_value_costs_itself(tmp_path: Path) -> None:
    store, session = filled(tmp_path)
    session.close()
    old = session.path.read_text()
    mine = '# mine\ncolour = 1\nhistory = [3, { from = 1 }, { from = "t2", since = "x" }]\n'
    session.path.write_text(mine + old)
    again = store.open(session.id)
    assert texts(again)[0] == "text 2"
    again.begin_history(cut("t4"))
    assert texts(again)[0] == "text 4"
    text = again.path.read_text()
    assert text.startswith('# mine\ncolour = 1\nhistory = [{ from = "t2"')
    assert f"{datetime.now(UTC):%Y}" in text.partition("\n[[turns]]")[0]
    again.close()


def test_no_more_beginnings_than_needed_are_kept(tmp_path: Path) -> None:
    _, session = filled(tmp_path)
    for number in range(50):
        session.append(Turn(f"u{number}", "user", "x", "t5"))
        session.begin_history(cut(f"u{number}"))
    assert session.path.read_text().count("from =") == 8
    assert texts(session, "u49") == ["x"]
    session.close()


def test_what_a_completion_repeats_of_turns_that_are_left_out_is_not_sent(tmp_path: Path) -> None:
    """With `echo` an answer begins with its whole prompt, as that was when it was asked."""
    store = SessionStore(tmp_path)
    session = store.new()
    params = Params(model="m", mode="completion", echo=True)

    def grow(number: int, prompt: str, answer: str) -> None:
        user = Turn(f"u{number}", "user", prompt, f"a{number - 1}" if number else "")
        session.append(user)
        asked = json.loads(b"".join(encode(Request(params, session.said_to(user.id)), "databricks")))[
            "prompt"
        ]
        session.append(Turn(f"a{number}", "assistant", asked + answer, user.id, params=params))

    def sent(mode: Mode = "completion") -> object:
        user = Turn("next", "user", "And then?", session.path_to().id_of(len(session.path_to()) - 1))
        request = Request(replace(params, mode=mode), [*session.said_to(), user])
        body = json.loads(b"".join(encode(request, "databricks")))
        return body["prompt"] if mode == "completion" else [each["content"] for each in body["messages"]]

    grow(0, "Once", " upon")
    grow(1, "There was", " a king")
    whole = "Once upon\n\nThere was a king\n\n"
    assert sent() == f"{whole}And then?"
    assert sent("chat") == ["Once", " upon", "There was", " a king", "And then?"]
    session.begin_history(cut("u1"))
    assert sent() == "There was a king\n\nAnd then?"
    grow(2, "He had", " a crown")  # its prompt begins with the first cut
    session.begin_history(cut("u2", "A king."))
    told = f"{SUMMARY}\n\nA king.\n\nHe had a crown\n\n"
    assert sent() == f"{told}And then?"
    grow(3, "It was", " gold")  # and this with a summary
    assert sent() == f"{told}It was gold\n\nAnd then?"
    session.begin_history(cut("u3"))
    assert sent("chat") == ["It was", " gold", "And then?"]
    session.begin_history(cut("u0"))
    assert sent() == f"{whole}He had a crown\n\nIt was gold\n\nAnd then?"
    session.close()
