"""What the editor does besides taking letters: cutting, earlier prompts, labels, another editor."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from fmtui.core.attachments import Attachment, attachment
from fmtui.core.errors import UsageError
from fmtui.ui.chat_editor_file import EditedFile, editor_command, joined
from fmtui.ui.commands import COMMANDS, editing_keys
from fmtui.ui.history_picker import HistoryPicker
from fmtui.ui.prompt import Prompt
from fmtui.ui.prompt_cutting import Cuts
from fmtui.ui.prompt_folds import Folds
from fmtui.ui.prompt_recall import Recall
from tests.ui import rig
from tests.ui.test_prompt import PromptApp, prompt_of

# ---- cuts ----


def test_what_is_cut_in_one_go_is_one_cut_in_the_order_of_the_text() -> None:
    cuts = Cuts()
    cuts.add("three", on=False, before=True)
    cuts.add("two ", on=True, before=True)
    cuts.add(" four", on=True, before=False)
    cuts.add("", on=False, before=False)
    assert cuts.last() == "two three four"
    cuts.add("new", on=False, before=False)
    assert [cuts.last(), cuts.before(), cuts.before()] == ["new", "two three four", "new"]


def test_nothing_was_cut_yet() -> None:
    assert Cuts().last() == Cuts().before() == ""


# ---- earlier prompts ----


def test_a_walk_comes_back_to_the_draft_and_to_what_was_changed_on_the_way() -> None:
    walk = Recall(["new", "old"], str)
    assert walk.newer("draft") is None
    assert walk.older("draft") == "new"
    assert walk.older("new, changed") == "old"
    assert walk.older("old") is None
    assert walk.newer("old") == "new, changed"
    assert not walk.at_draft
    assert walk.newer("new, changed") == "draft"
    assert walk.at_draft


def test_a_prompt_that_stands_there_already_is_passed_over() -> None:
    assert Recall(["again", "old"], str).older("again") == "old"


# ---- labels ----


def test_many_insertions_that_together_are_large_become_labels() -> None:
    folds = Folds()
    piece = "word " * 2_000
    assert folds.drawn(piece, 10_000) == piece
    label = folds.drawn(piece, 29_000)
    assert len(label) < 60
    assert folds.plain(f"a{label}b") == f"a{piece}b"


def test_an_attached_text_is_named_in_its_place_and_said_at_the_end() -> None:
    folds = Folds()
    label = folds.attach(
        Attachment("notes.txt", "`notes.txt`", "Attached file `notes.txt`:\n\n```\nhello\n```", facts="6 B")
    )
    assert label == "⟦notes.txt 6 B #1⟧"
    text = folds.plain(f"What is {label}?")
    assert text == "What is `notes.txt`?\n\nAttached file `notes.txt`:\n\n```\nhello\n```"
    assert folds.drawn(f"{text}\nand more") == f"What is {label}?\nand more"
    assert folds.plain("nothing of it") == "nothing of it"


def test_a_prompt_of_before_has_labels_for_its_files_again() -> None:
    files = [attachment("a.md", b"one\n```\nAttached file `b`\n"), attachment("b", b"two\n")]
    said = "\n\n".join(file.said for file in files)
    text = f"See `a.md` and `b`.\n\n{said}"
    folds = Folds()
    drawn = folds.drawn(text)
    assert drawn == "See ⟦a.md 26 B · 3 lines #1⟧ and ⟦b 4 B · 1 line #2⟧."
    assert folds.plain(drawn) == text
    twice = f"`b` {text}\n\n{files[1].said}"  # said in another order than they are named: as it was
    for other in (twice, text[:-1], text.replace("`a.md` and", "no"), f"\n\n{said}"):
        assert folds.plain(Folds().drawn(other)) == Folds().drawn(other) == other


def test_a_prompt_of_before_shows_what_was_typed_around_a_paste() -> None:
    pasted = "of a log\n" * 300
    for text, seen in (
        (f"Why?  {pasted} thanks", "Why?  of a log\n⟦pasted 3 kB · 299 lines #1⟧\n thanks"),
        (f"⟦Why #1⟧ {pasted} thanks", "⟦pasted 3 kB · 301 lines #1⟧"),
        (f"{'x' * 300}{pasted}", "⟦pasted 3 kB · 300 lines #1⟧"),
        ("x" * 30_000, "⟦pasted 30 kB · 1 line #1⟧"),
        (f"\n{'x' * 30_000}\n", "\n⟦pasted 30 kB · 1 line #1⟧"),
    ):
        folds = Folds()
        assert folds.drawn(text, ends=True) == seen
        assert folds.plain(seen) == text
        assert Folds().drawn(text).startswith("⟦pasted ")


def test_names_cannot_break_a_label() -> None:
    folds = Folds()
    label = folds.attach(Attachment("a⟧\nb\x1b[2J⟦", "`x`", "y"))
    assert [*folds.spans(label)] == [(0, len(label), 1)]
    assert "\x1b" not in label


# ---- the keys ----


async def test_words_and_lines_are_cut_put_back_and_undone() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        prompt.insert("see /usr/lib now\nsecond line")
        await pilot.press("up", "end", "ctrl+w", "ctrl+w")
        assert prompt.text == "see \nsecond line"
        await pilot.press("alt+p")
        assert prompt.text == "see /usr/lib now\nsecond line"
        await pilot.press("ctrl+underscore", "ctrl+underscore")
        assert prompt.text == "see /usr/lib \nsecond line"
        await pilot.press("alt+z", "home", "alt+d", "ctrl+k", "ctrl+k")
        assert prompt.text == "second line"
        await pilot.press("alt+f", "ctrl+k", "alt+p", "alt+p")
        assert prompt.text == "secondsee \n"
        await pilot.press("alt+p")
        assert prompt.text == "second/usr/lib now"
        await pilot.press("end", "alt+b", "alt+backspace", "ctrl+u", "ctrl+u")
        assert prompt.text == "now"


async def test_a_paste_that_was_cut_can_be_put_back_whole_into_a_later_prompt() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        text = "x\n" * 500
        prompt.write(text)
        await pilot.press("ctrl+u", *"other", "enter", "alt+p")
        assert prompt.value == text
        prompt.take()
        await pilot.press("alt+p")
        assert prompt.value == text


async def test_the_cursor_goes_by_what_is_seen_as_one() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        prompt.write("a👩‍💻e\u0301世")
        prompt.write("x\n" * 500)
        prompt.write("b")
        line = prompt.text
        label = line.index("⟦")
        stops = [0, 1, 4, 6, 7, len(line) - 1, len(line)]
        assert label == stops[4]
        for keys, places in (("left", stops[-2::-1]), ("right", stops[1:])):
            for place in places:
                await pilot.press(keys)
                assert prompt.cursor_location == (0, place)
        await pilot.press("left", *["backspace"] * 2)
        assert prompt.text == "a👩‍💻e\u0301b"
        await pilot.press(*["backspace"] * 2, "left", "delete")
        assert prompt.text == "b"
        # By words: to where they end, and back to where they begin; a label is one.
        prompt.load_text("")
        prompt.write("two wörter, ")
        prompt.write("x\n" * 500)
        prompt.write("世界 end")
        line = prompt.text
        await pilot.press("home")
        places = []
        for key in ("alt+f", "alt+f", "alt+f", "alt+f", "alt+b", "alt+b", "alt+b", "alt+b"):
            await pilot.press(key)
            places.append(prompt.cursor_location[1])
        label, behind = line.index("⟦"), line.index("⟧") + 1
        assert places == [3, 10, behind, behind + 2, behind, label, 4, 0]
        # A letter and its marks are one: in Latin letters that are taken apart, in Indian ones.
        prompt.load_text("cafe\u0301te\u0301ria, हिन्दी 👩‍💻 end")
        await pilot.press("home", "alt+f", "alt+d")
        assert prompt.text == "cafe\u0301te\u0301ria 👩‍💻 end"
        await pilot.press("alt+backspace")
        assert prompt.text == " 👩‍💻 end"


async def test_earlier_prompts_come_at_the_edges_alone_and_the_draft_is_kept() -> None:
    asked: list[str] = []

    async def earlier() -> Sequence[str]:
        asked.append("asked")
        return ["newest", "two\nlines", "x" * 30_000]

    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        prompt.recall = earlier
        prompt.insert("my\ndraft")
        await pilot.press("up")
        assert (prompt.value, asked) == ("my\ndraft", [])
        await pilot.press("up")
        assert prompt.value == "newest"
        await pilot.press("up")
        assert prompt.value == "two\nlines"
        await pilot.press("up")
        assert prompt.value == "x" * 30_000
        assert "pasted" in prompt.text
        await pilot.press("up", "down", "down", "down", "down", "down")
        assert prompt.value == "my\ndraft"
        await pilot.press("ctrl+underscore")
        assert prompt.value == "newest"
        assert asked == ["asked"]
        await pilot.press("enter", "up")
        assert (prompt.value, asked) == ("newest", ["asked", "asked"])


async def test_an_opened_paste_takes_what_was_made_of_it() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        prompt.insert("x" * 30_000)
        prompt.insert(" and more")
        found = prompt.label_here()
        assert found is not None
        assert found[1].text == "x" * 30_000
        prompt.change_label(found[0], "short")
        assert prompt.value == "short and more"
        assert "1 line" in prompt.text


# ---- another editor ----


def test_the_editor_is_the_one_that_is_set_up() -> None:
    there = {"code", "vim"}.__contains__

    def which(name: str) -> str | None:
        return name if there(name) else None

    assert editor_command({"VISUAL": "code --wait", "EDITOR": "vim"}, which) == ["code", "--wait"]
    assert editor_command({"VISUAL": " ", "EDITOR": "vim"}, which) == ["vim"]
    assert editor_command({}, which) == ["vim"]
    for environ, words in (
        ({"EDITOR": "emacs -nw"}, "The editor that EDITOR names is not there: emacs."),
        ({"VISUAL": "vim 'x"}, "VISUAL is not a command"),
    ):
        with pytest.raises(UsageError, match=words):
            editor_command(environ, which)
    with pytest.raises(UsageError, match="There is no editor"):
        editor_command({}, lambda _: None)


def test_the_file_for_an_editor_is_private_and_gives_back_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for text in ("", "one", "two\n", "\x1b é\r"):
        file = EditedFile(text)
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
        assert file.path.suffix == ".md"
        assert file.read() == text.replace("\r", "\n").removesuffix("\n" if text.endswith("\r") else "")
        file.remove()
    assert [*tmp_path.iterdir()] == []


def test_what_an_editor_leaves_is_read_or_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = EditedFile("text")
    assert not file.changed()
    file.path.write_bytes(b"\xef\xbb\xbfmore\r\ntext\r\n")
    assert file.changed()
    assert file.read() == "more\ntext"
    file.path.write_bytes(b"\xff\xfe\x00")
    assert file.changed()
    with pytest.raises(UsageError, match="no text in UTF-8"):
        file.read()
    file.path.unlink()
    assert not file.changed()
    with pytest.raises(UsageError, match="removed its file"):
        file.read()


@pytest.mark.parametrize(
    ("since", "whole"),
    [("old", "NEW"), ("back\nold", "back\nNEW"), ("old typed", "NEW typed"), ("else", "else\n\nNEW")],
)
def test_what_came_while_the_editor_was_open_stays(since: str, whole: str) -> None:
    assert joined("old", since, "NEW") == whole


# ---- the dialog, and the table ----


def test_the_history_is_searched_by_letters_and_the_newer_of_equals_comes_first() -> None:
    picker = HistoryPicker(
        ["fix the parser", "write a poem\nabout cats", "fix the parser again", "fix tests"]
    )
    assert [row.id for row in picker.matching("fix")] == ["3", "0", "2"]
    assert [picker.result_of(row) for row in picker.matching("wpoem")] == [1]
    assert picker.about(picker.matching("cats")[0]).startswith("2 lines · write a poem")


def test_every_key_of_the_prompt_does_something_there() -> None:
    for id_ in editing_keys().values():
        name = id_.removeprefix("prompt.")
        known = {"older", "newer", "word_left", "word_right"}
        assert name in known or hasattr(Prompt, f"action_{name}")
    assert {"up", "alt+p", "ctrl+k"} <= editing_keys(COMMANDS).keys()


async def test_a_prompt_of_another_session_is_found_and_written_again(tmp_path: Path) -> None:
    answer = rig.Answer([rig.chat("fine"), rig.finish()])
    app = rig.app(tmp_path, rig.ScriptedTransport(answer), environ={"EDITOR": "/no/such editor"})
    async with app.run_test(size=(80, 24)) as pilot:
        await rig.until(pilot, rig.chat_screen(pilot)._works.shelf.ready.is_set)
        await pilot.press("alt+r")
        await rig.until(pilot, "There is no earlier prompt yet.")
        await rig.say(pilot, "a question of old")
        await rig.until(pilot, "fine")
        await rig.until(pilot, lambda: not rig.chat_screen(pilot)._works.shelf.shown.running)  # type: ignore[union-attr]
        await pilot.press("ctrl+n")
        await rig.until(pilot, lambda: "fine" not in rig.screen_text(pilot))
        prompt = rig.chat_screen(pilot).prompt
        prompt.insert("draft")
        await pilot.press("alt+r", *"qold")
        await rig.until(pilot, "1 of 1 prompt")
        await pilot.press("enter")
        await rig.until(pilot, lambda: prompt.value == "draft a question of old")
        await pilot.press("up")
        await rig.until(pilot, lambda: prompt.value == "a question of old")
        await pilot.press("down", "ctrl+g")
        await rig.until(pilot, "The editor that EDITOR names is not there: /no/such.")
        assert prompt.value == "draft a question of old"
