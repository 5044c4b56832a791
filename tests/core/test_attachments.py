"""What is attached is checked, said whole, and sent as servers take it; what is missing is told."""

from __future__ import annotations

import json
import os
import stat
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from fmtui.core.attachments import (
    MOST_PICTURE,
    MOST_TEXT,
    Pictures,
    attach_all,
    attachment,
    digest_of,
    picture_kind,
    pictures_of,
)
from fmtui.core.attachments_disk import PictureFolder, names_in, read_file
from fmtui.core.chat import Params, Request, Said, Turn
from fmtui.core.errors import StorageError, UsageError
from fmtui.core.session_disk import Disk
from fmtui.core.wire import encode

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
OTHERS = {"JPEG": b"\xff\xd8\xff\xe0x", "GIF": b"GIF89ax", "WebP": b"RIFF\0\0\0\0WEBPx"}


def body_of(pictures: Pictures | None, *said: Said, mode: str = "chat") -> dict[str, Any]:
    request = Request(Params(model="m", mode=mode), said, pictures)  # type: ignore[arg-type]  # one of both
    found: dict[str, Any] = json.loads(b"".join(encode(request, "openai")))
    return found


# ---- what may be attached ----


def test_a_text_is_named_and_said_in_a_fence_that_it_cannot_close() -> None:
    file = attachment("src/a.py", b"\xef\xbb\xbfone\r\n```\n````\ntwo")
    assert (file.mention, file.facts) == ("`src/a.py`", "20 B · 4 lines")
    assert file.said == "Attached file `src/a.py`:\n\n`````py\none\n```\n````\ntwo\n`````"
    assert attachment("b", "é".encode("utf-16")).said == "Attached file `b`:\n\n```\né\n```"


def test_names_cannot_break_out_of_where_they_stand() -> None:
    file = attachment("a`b\n⟧.txt", b"x")
    assert file.mention == "`a'b '.txt`"


def test_pictures_are_known_by_their_content_and_named_with_its_digest() -> None:
    assert {kind: picture_kind(data) for kind, data in OTHERS.items()} == {kind: kind for kind in OTHERS}
    file = attachment("pic.txt", PNG)
    assert file.mention == f"⟦pic.txt · PNG 15 B · #{digest_of(PNG)}⟧"
    assert (file.said, file.picture) == ("", PNG)
    assert pictures_of(f"see {file.mention} and ⟦pasted 1 KB #1⟧") == ["pic.txt"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "x is empty."),
        (b"a\0b", "x is neither text in UTF-8 nor a PNG, JPEG, GIF or WebP picture."),
        (b"\xff\xfe\0", "x is neither text"),
        ("é".encode("latin-1"), "x is neither text"),
        (b"a" * (MOST_TEXT + 1), "x has 1.0 MB; a text may have 1.0 MB."),
        (PNG + b"a" * MOST_PICTURE, "x has 3.7 MB; a picture may have 3.7 MB."),
    ],
    ids=["empty", "null", "utf-16", "latin", "long", "large"],
)
def test_what_cannot_be_attached_is_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        attachment("x", data)
    assert caught.value.message.startswith(words)


def test_files_of_a_command_line_stand_behind_its_prompt() -> None:
    files = [attachment("a", b"one"), attachment("p", PNG)]
    assert attach_all("Look.", files) == (
        f"Look.\n\n`a` {files[1].mention}\n\nAttached file `a`:\n\n```\none\n```"
    )


# ---- what is read ----


def test_only_plain_files_are_read_and_each_refusal_names_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("text\n")
    assert read_file("a b.txt", tmp_path).name == "a b.txt"
    assert read_file(str(tmp_path / "a b.txt"), Path("/")).said.endswith("```txt\ntext\n```")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for name, words in {
        "none.txt": "There is no file none.txt.",
        "pipe": "pipe is no file but a device or a pipe.",
        "folder": "folder is a folder; attach the files in it.",
        "loop": "loop cannot be read: Too many levels of symbolic links.",
        "a\0b": "cannot be read:",
        "~nobody-of-that-name/x": "cannot be read:",
        "a b.txt/x": "cannot be read: Not a directory.",
        "/dev/null": "/dev/null is no file but a device or a pipe.",
    }.items():
        with pytest.raises(UsageError) as caught:
            read_file(name, tmp_path)
        assert words in caught.value.message


def test_a_file_that_is_too_large_is_told_with_the_size_that_it_has(tmp_path: Path) -> None:
    for name, begins in {"a.log": b"text", "a.png": PNG}.items():
        with (tmp_path / name).open("wb") as file:
            file.write(begins)
            file.truncate(2_000_000_000)
        with pytest.raises(UsageError, match=f"{name} has 2000.0 MB; a "):
            read_file(name, tmp_path)


def test_a_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x").write_text("1")
    assert read_file("~/x", Path("/")).mention == "`~/x`"
    assert names_in("~/") == [("x", False)]


def test_folders_come_first_and_what_cannot_be_read_is_empty(tmp_path: Path) -> None:
    for name in ("b", "A", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "z").mkdir()
    assert [*names_in(str(tmp_path))] == [("z", True), (".hidden", False), ("A", False), ("b", False)]
    assert names_in(str(tmp_path / "none")) == names_in("~nobody-of-that-name/") == names_in("a\0") == []


def test_pictures_are_kept_once_privately_and_only_as_they_were(tmp_path: Path) -> None:
    kept = PictureFolder(tmp_path / "sessions")
    file = attachment("p", PNG)
    assert kept.fetch(file.digest) is None
    kept.keep(attachment("t", b"text"))
    kept.keep(file)
    kept.keep(file)
    (path,) = (tmp_path / "sessions" / "attachments").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept.fetch(file.digest) == PNG
    path.write_bytes(b"another")
    assert kept.fetch(file.digest) is None
    kept.keep(file)
    assert kept.fetch(file.digest) == PNG
    assert kept.fetch("../../etc/passwd") is None


def test_a_disk_that_refuses_is_a_sentence(tmp_path: Path) -> None:
    class Full(Disk):
        def open(self, path: Path, flags: int) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="could not keep the picture"):
        PictureFolder(tmp_path, Full()).keep(attachment("p", PNG))


# ---- what is sent ----


def test_a_picture_goes_as_a_part_of_the_prompt_that_names_it_once() -> None:
    file = attachment("a\\b.png", PNG)
    pictures = Pictures({file.digest: PNG}.get)
    first, answer, second = body_of(
        pictures,
        Said("user", f"What is {file.mention}, {file.mention}?"),
        Said("assistant", f"I see {file.mention}."),
        Said("user", "And?"),
    )["messages"]
    text, shown = first["content"]
    assert text == {"type": "text", "text": "What is [a\\b.png], [a\\b.png]?"}
    kind, _, data = shown["image_url"]["url"].partition(";base64,")
    assert (shown["type"], kind, b64decode(data)) == ("image_url", "data:image/png", PNG)
    assert answer["content"] == f"I see {file.mention}."
    assert second["content"] == "And?"
    assert (pictures.sent, pictures.lost()) == (1, "")
    assert "may not take any" in pictures.doubt()


def test_a_picture_that_is_gone_or_not_wanted_is_named_and_told() -> None:
    file = attachment("a.png", PNG)
    said = Said("user", f"What is {file.mention}?")
    gone = Pictures(lambda _: None)
    (message,) = body_of(gone, said)["messages"]
    assert message["content"] == "What is [a.png: a picture that cannot be shown here]?"
    assert gone.lost() == (
        "a.png is no picture any more, so the model gets the name alone; attach it again to send it."
    )
    assert gone.doubt() == ""
    for blind in (Pictures({file.digest: PNG}.get, sees=False), None):
        assert body_of(blind, said)["messages"] == [message]
        assert blind is None or blind.lost() == ""
    assert body_of(gone, said, mode="completion")["prompt"] == said.text


def test_what_is_kept_as_a_picture_and_is_none_is_not_sent() -> None:
    drawing = b"<svg/>"
    said = Said(
        "user", f"What is {attachment('a.png', PNG).mention.replace(digest_of(PNG), digest_of(drawing))}?"
    )
    forged = Pictures({digest_of(drawing): drawing}.get)
    (message,) = body_of(forged, said)["messages"]
    assert message["content"] == "What is [a.png: a picture that cannot be shown here]?"
    assert forged.lost().startswith("a.png is no picture any more")


def test_prompts_that_are_joined_keep_their_pictures() -> None:
    file = attachment("a.png", PNG)
    (message,) = body_of(
        Pictures({file.digest: PNG}.get), Said("user", f"one {file.mention}"), Said("user", "two")
    )["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"]
    assert message["content"][0]["text"] == "one [a.png]\n\ntwo"
    assert body_of(None, Said("user", Turn.prompt("⟦x⟧").text))["messages"][0]["content"] == "⟦x⟧"
