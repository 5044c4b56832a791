"""Files are offered while their names are typed, attached when chosen or sent, and refused in a sentence."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import pytest

from fmtui.core.attachments import attachment
from fmtui.core.hints import Hint
from fmtui.ui.completion import Candidate, Completing, Offer
from fmtui.ui.path_completion import MOST_OFFERED, PathSource, offered
from tests.core.test_attachments import PNG
from tests.ui import rig
from tests.ui.test_prompt import PromptApp, prompt_of


class Typed:
    """A source, and a line that is typed."""

    def __init__(self, names: Sequence[tuple[str, bool]]) -> None:
        self.asked: list[str] = []
        self.taken: list[str] = []
        self.source = PathSource(self.asked.append, self.taken.append)
        self.names = names

    def type(self, text: str, start: str = "") -> list[str]:
        """Return what is offered once a text was typed letter by letter."""
        offer = None
        for end in range(len(start), len(start + text) + 1):
            offer = self.source((start + text)[:end], 0)
            for folder in self.asked:
                self.source.know(folder, self.names)
                offer = self.source((start + text)[:end], 0)
            self.asked.clear()
        return [each.insert for each in offer.candidates] if offer is not None else []


class SlowSource:
    """A source that looks for long, and then has the file that was asked for."""

    def __init__(self) -> None:
        self.there = False

    def __call__(self, before: str, row: int) -> Offer | None:
        candidates = [Candidate("@notes.txt ", "notes.txt")] if self.there else []
        return Offer(before.index("@"), candidates, coming=not self.there) if "@" in before else None


def test_files_are_offered_by_their_beginning_else_by_letters() -> None:
    typed = Typed([("src", True), (".git", True), ("Notes.md", False), ("my notes.txt", False)])
    assert typed.type("see @") == ["@src/", "@Notes.md ", "@my notes.txt "]
    assert typed.type("no", "see @") == ["@Notes.md "]
    assert typed.type("mnt", "see @") == ["@my notes.txt "]
    assert typed.type("@.", "a ") == ["@.git/"]
    assert typed.type("@~/x/N") == ["@~/x/Notes.md "]
    assert typed.type("me@no") == []


def test_what_is_pasted_is_neither_offered_nor_attached() -> None:
    typed = Typed([("notes.txt", False)])
    assert typed.source("run @notes.txt", 0) is None
    assert typed.source("run @notes.txt", 0) is None
    assert typed.source.left("run @notes.txt") == []
    assert typed.asked == []
    assert typed.type("x", "run @notes.tx") == []


def test_words_typed_by_hand_are_looked_at_before_they_are_sent_if_they_could_be_files() -> None:
    typed = Typed([])
    typed.type("ask @bob about @notes.txt and @src/x, @gone.py ")
    text = "ask @bob about @notes.txt and @src/x, then"
    assert typed.source.left(text) == ["@notes.txt", "@src/x,"]
    typed.source.forget("@notes.txt")
    assert typed.source.left(text) == ["@src/x,"]
    typed.source.forget()
    assert typed.source.left(text) == []


def test_a_folder_of_ten_thousand_names_is_read_once_and_a_part_of_it_is_offered() -> None:
    names = [(f"file{number:05}.txt", False) for number in range(10_000)]
    reads: list[str] = []
    source = PathSource(reads.append, lambda _: None)
    source("@", 0)
    source.know("", names)
    for end in range(1, 9):
        source("@file042"[:end], 0)
    offer = source("@file042", 0)
    assert offer is not None
    assert len(offer.candidates) == MOST_OFFERED
    assert reads == [""]
    assert [each.shown for each in offered("", "9999t", names)][:1] == ["file09999.txt"]


def test_a_name_of_two_lines_is_not_offered() -> None:
    names = [("new\nline.txt", False), ("evil\x1b.txt", False)]
    assert [each.insert for each in offered("", "", names)] == ["@evil\x1b.txt "]


async def test_a_file_with_a_hostile_name_is_attached_in_the_place_of_its_word() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        for name in ("evil\x1b]0;x\x07.txt", os.fsdecode(b"bad\xff.txt")):
            prompt.load_text("")
            prompt.write(f"see @{name} ")
            prompt.attach(f"@{name}", attachment(name, b"x\n"))
            assert "Attached file" in prompt.value
            assert "@" not in prompt.value


def a_name(before: str, row: int) -> Offer | None:
    """Offer one file for a word that is no longer than a letter or two."""
    del row
    candidates = [Candidate("@notes.txt ", "notes.txt")]
    return Offer(4, candidates, chosen=lambda *_: None) if before == "see @no" else None


async def test_tab_takes_what_is_still_being_looked_for_unless_more_is_typed() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        completing = Completing(prompt, app.mount, [SlowSource()])
        await pilot.press(*"see @no", "tab", "escape")
        assert (completing.is_waiting, app.marked) == (False, [])
        for keys, there in (("", "see @notes.txt "), ("x", "see @nox")):
            source = SlowSource()
            completing = Completing(prompt, app.mount, [source])
            prompt.load_text("")
            await pilot.press(*"see @no", "tab", *keys)
            assert (prompt.text, app.focused) == (f"see @no{keys}", prompt)
            assert completing.is_waiting  # Tab shows that it was heard
            source.there = True
            completing.look()
            await pilot.pause()
            assert prompt.text == there
            assert not completing.is_waiting


async def test_what_is_typed_behind_a_completed_name_does_not_stand_behind_a_blank() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        for attached in (False, True):
            for keys, there in (
                (" and", "see {} and"),
                ("  and", "see {}  and"),
                (",", "see {},"),
                ("?!", "see {}?!"),
                ("(", "see {} ("),
                ("a.", "see {} a."),
            ):
                prompt.load_text("")
                Completing(prompt, app.mount, [a_name])
                await pilot.press(*"see @no", "tab")
                if attached:
                    prompt.attach("@notes.txt", attachment("notes.txt", b"x\n"))
                name = prompt.text.removeprefix("see ").rstrip()
                assert ("⟦" in name) == attached
                await pilot.press(*keys)
                assert prompt.text == there.format(name)
        # The file may be read when its word is the end of a sentence already.
        prompt.load_text("")
        prompt.write("@notes.txt.bak, @notes.txt.")
        prompt.attach("@notes.txt", attachment("notes.txt", b"x\n"))
        assert prompt.text.startswith("@notes.txt.bak, ⟦notes.txt")


async def test_files_are_attached_by_typing_and_the_model_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "files").mkdir()
    monkeypatch.chdir(tmp_path / "files")
    for name, data in {"notes.txt": b"alpha\nbeta\n", "pic.png": PNG, "blob.bin": b"\0\1"}.items():
        (tmp_path / "files" / name).write_bytes(data)
    answers = [rig.Answer([rig.chat("fine"), rig.finish()]) for _ in range(2)]
    refused = rig.Answer([b'{"error":{"message":"no such part"}}'], 400, {"content-type": "application/json"})
    transport = rig.ScriptedTransport(*answers, refused)
    blind = {"see": True}
    app = rig.app(tmp_path, transport, known=lambda *_: Hint(vision=blind["see"]))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = rig.chat_screen(pilot)
        prompt = screen.prompt
        await rig.until(pilot, screen._works.shelf.ready.is_set)
        await pilot.press(*"read @no")
        await rig.until(pilot, "Enter too")
        await pilot.press("enter")
        await rig.until(pilot, "⟦notes.txt 11 B · 2 lines #1⟧")
        await pilot.press(*" with @pic.png, and @blob.bin", "enter")
        await rig.until(pilot, "Not sent: blob.bin is neither text")
        assert not transport.requests
        assert prompt.value.startswith("read `notes.txt` with @pic.png,")
        await pilot.press(*["backspace"] * len(" and @blob.bin"), "enter")
        await rig.until(pilot, lambda: len(transport.requests) == 1)
        text, picture = transport.sent()["messages"][0]["content"]
        assert text["text"].startswith("read `notes.txt` with [pic.png]")
        assert text["text"].endswith("Attached file `notes.txt`:\n\n```txt\nalpha\nbeta\n```")
        assert picture["image_url"]["url"].endswith(b64encode(PNG).decode())
        await rig.until(pilot, "m1 · stop")
        # Asked again with the picture gone: the name alone, and a notice.
        (kept,) = (tmp_path / "sessions" / "attachments").iterdir()
        os.unlink(kept)  # noqa: PTH108 - a test may wait for a disk
        await rig.until(pilot, lambda: not screen._works.shelf.shown.running)  # type: ignore[union-attr]
        await pilot.press("ctrl+r")
        await rig.until(pilot, "pic.png is no picture any more")
        assert "cannot be shown here" in json.dumps(transport.sent())
        await rig.until(pilot, lambda: not screen._works.shelf.shown.running)  # type: ignore[union-attr]
        # A model that is known to see nothing is not asked, one that turns out to is doubted.
        blind["see"] = False
        await rig.say(pilot, "/attach pic.png")
        await rig.until(pilot, "⟦pic.png · PNG 15 B")
        await pilot.press("enter")
        await rig.until(pilot, "Not sent: m1 takes no pictures.")
        await rig.until(pilot, lambda: prompt.value.startswith("⟦pic.png"))
        blind["see"] = True
        await rig.until(pilot, lambda: not screen._works.shelf.shown.running)  # type: ignore[union-attr]
        await pilot.press("enter")
        await rig.until(pilot, "the model may not take any")
