"""Sessions as documents for other programs and people, and read back from them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fmtui.core.attachments import attachment, digest_of
from fmtui.core.attachments_disk import PictureFolder
from fmtui.core.chat import Failure, Params, Timing, ToolCall, Turn, Usage
from fmtui.core.context import Cut
from fmtui.core.errors import StorageError, UsageError
from fmtui.core.export import Document, document_of, to_json, to_markdown, to_toml
from fmtui.core.export_file import FORMATS, Format, format_of, free_name, save, written
from fmtui.core.importing import read
from fmtui.core.session_disk import Disk
from fmtui.core.sessions import SessionStore

WHEN = datetime(2026, 11, 22, 20, 14, 55, tzinfo=UTC)
TURNS = [
    Turn("t1", "user", "How?", created=WHEN),
    Turn(
        "t2",
        "assistant",
        "Like this:\n\n```py\nbake()",
        "t1",
        created=WHEN,
        reasoning="Let me\n\n think\n> deeply ",
        params=Params("databricks", "llama", extra={"n": 1}, stop=("a", "b"), thinking=100),
        outcome="cut_off",
        finish_reason="length",
        usage=Usage(5, 0),
        cost=0.0125,
        timing=Timing(None, 1.5),
        error=Failure("cut_off", "The stream ended early.", hint="--> again"),
        tool_calls=(ToolCall("oven", '{"a": "-->"}', "c1"),),
        notices=("odd -- very",),
    ),
    Turn("t3", "user", "~~~\nclosed\n~~~", "t2", created=WHEN),
    Turn(
        "t4", "user", "<!-- fmtui: {} -->\n\n## You\n\nx\n\n<!-- /fmtui -->\n<!-- \\fmtui", "t1", created=WHEN
    ),
    Turn(
        "t5", "assistant", "\n > [[turns]]\n# <b>&amp;\x1b[2J \u202e\n\n", "t4", created=WHEN, reasoning="r"
    ),
]
CUTS = (Cut("t3", WHEN, "They baked --> a lot."), Cut("t1", WHEN))
DOCUMENT = Document(
    "20261122-201455-3f9a", "Cookies # and more", WHEN, TURNS, {"temperature": 0.5}, {"tags": ["a--b>"]}, CUTS
)


def test_markdown_gives_each_turn_a_heading_and_closes_what_an_answer_left_open() -> None:
    assert to_markdown(DOCUMENT._replace(turns=TURNS[:3]), marks=False) == (
        "# Cookies # and more\n\n*2026-11-22 20:14 UTC*\n\n## You\n\nHow?\n\n## llama\n\n"
        "> **Reasoning**\n>\n> Let me\n>\n>  think\n> > deeply \n\nLike this:\n\n```py\nbake()\n```\n\n"
        "*Tool call: `oven`*\n\n*max_tokens ended this reply*\n\n"
        "*cut off: part of the reply is missing*\n\n*The stream ended early.*\n\n"
        "## You\n\n~~~\nclosed\n~~~\n"
    )


def test_json_holds_every_turn_and_leaves_out_what_is_not_known() -> None:
    document = json.loads(to_json(DOCUMENT))
    assert document["title"] == DOCUMENT.title
    prompt, reply, *_ = document["turns"]
    assert prompt == {"id": "t1", "role": "user", "text": "How?", "created": "2026-11-22T20:14:55+00:00"}
    assert reply["usage"] == {"prompt_tokens": 5, "completion_tokens": 0, "estimated": False}
    assert reply["error"]["message"] == "The stream ended early."
    assert reply["tool_calls"] == [{"name": "oven", "arguments": '{"a": "-->"}', "id": "c1"}]


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_exported_is_read_back_as_it_was(form: Format) -> None:
    text = written(DOCUMENT, form)
    (found,) = read(f"x.{form}", text.encode())
    assert isinstance(found, Document)
    assert found._replace(turns=()) == DOCUMENT._replace(turns=())
    assert list(found.turns) == TURNS


def test_markdown_that_an_editor_ended_with_carriage_returns_is_read_back() -> None:
    (found,) = read("x.md", to_markdown(DOCUMENT).replace("\n", "\r\n").encode())
    assert isinstance(found, Document)
    assert list(found.turns) == TURNS


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_was_cut_off_anywhere_is_refused_or_says_what_is_missing(form: Format) -> None:
    turns = [Turn("a", "user", "One?"), Turn("b", "assistant", "Two.", "a"), Turn("c", "user", "Three?", "b")]
    whole = written(DOCUMENT._replace(turns=turns, history=()), form)
    told = set()
    for end in range(len(whole) - 1):
        try:
            found = [each for each in read("x", whole[:end].encode()) if isinstance(each, Document)]
        except UsageError:
            continue
        for each in found:
            ids = [turn.id for turn in each.turns]
            assert ids == ["a", "b", "c"][: len(ids)]
            assert each.missing == 3 - len(ids), whole[:end]
            told.add(each.missing)
    assert told == ({1, 2} if form in ("md", "toml") else set())


@pytest.mark.parametrize("form", FORMATS)
def test_a_document_can_be_written_whatever_it_holds(form: Format) -> None:
    body = Params(extra={"since": date(2026, 1, 1), "n": None})
    turns = [Turn("a", "user", 'half \ud83d pair "\x00\x1b'), Turn("b", "assistant", "", "a", params=body)]
    text = written(DOCUMENT._replace(turns=turns), form)
    (found,) = read("x", text.encode())
    assert isinstance(found, Document)
    assert found.turns[0].text == 'half \ufffd pair "\x00\x1b'
    assert found.turns[1].params is not None
    assert found.turns[1].params.extra["since"] == "2026-01-01"


def test_toml_is_a_session_file_that_can_be_opened_again(tmp_path: Path) -> None:
    (tmp_path / f"{DOCUMENT.id}.toml").write_text(to_toml(DOCUMENT))
    session = SessionStore(tmp_path).open(DOCUMENT.id)
    kept, again = session.all_turns(), document_of(session, whole=True)
    (branch,) = {cut.first for cut in document_of(session, "t1").history}
    session.close()
    assert (again.history, branch) == (CUTS, "t1")
    assert (session.title, session.created, session.settings) == (
        "Cookies # and more",
        WHEN,
        {"temperature": 0.5},
    )
    assert kept == TURNS
    assert session.notices == []


# ---- HTML -------------------------------------------------------------------

HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) [b](https://b.example)
![pixel](https://spy.example/x.png) <https://c.example> [d](data:text/html,x) [e](//f.example) [g](vbscript:x)

| n | m |
|--:|---|
| 1 | <b>2</b> |

```html
<style>@import "https://x.example"</style>
```
"""


class _Page(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "hr", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_does_nothing_and_fetches_nothing_whatever_a_text_says() -> None:
    turns = [Turn("'\"><script>", "user", HOSTILE, reasoning=HOSTILE), *TURNS]
    text = written(DOCUMENT._replace(title="</title><script>", turns=turns), "html")
    page = _Page(text)
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "object", "form", "base", "b"} & {
        tag for tag, _ in page.found
    }
    for _, attributes in page.found:
        assert not any(name.startswith("on") or name in ("style", "src") for name in attributes)
    targets = {attributes["href"] for tag, attributes in page.found if tag == "a"}
    assert targets == {"https://b.example", "https://c.example", "https://spy.example/x.png", "#t2"}
    policy = next(
        a["content"] or "" for _, a in page.found if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "url(" not in text.split("<body>")[0]


def test_a_page_reads_well() -> None:
    lines = written(DOCUMENT._replace(turns=[Turn("a", "user", "one\ntwo")]), "html")
    assert "one<br>\ntwo" in lines
    text = written(DOCUMENT, "html")
    assert "<details><summary>Reasoning</summary><p>Let me</p>" in text
    assert '<pre><code class="language-py">bake()' in text
    assert "llama · databricks · 5 tokens in · 0 tokens out · $0.0125 · 1.5 s" in text
    assert 'Follows: <a href="#t1">How?</a>' in text
    assert "prefers-color-scheme: dark" in text
    hostile = written(DOCUMENT._replace(turns=[Turn("a", "user", HOSTILE)]), "html")
    assert '<th class="right">n</th>' in hostile
    assert "[picture: pixel]" in hostile


# ---- pictures ----

PICTURES = {
    "image/png": attachment('c"a<k>e.png', b"\x89PNG\r\n\x1a\nx"),
    "image/jpeg": attachment("b.png", b"\xff\xd8\xff\xe0x"),
    "image/gif": attachment("c.svg", b"GIF89ax"),
    "image/webp": attachment("d", b"RIFF\0\0\0\0WEBPx"),
}
CAKE = PICTURES["image/png"]


def test_a_page_holds_each_picture_of_its_prompts_once_under_its_name(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    for file in PICTURES.values():
        folder.keep(file)
    asked = Turn("p1", "user", f"What is in {' and '.join(file.mention for file in PICTURES.values())}?")
    turns = [asked, Turn("p2", "user", f"Again: {CAKE.mention}", "p1")]
    text = written(DOCUMENT._replace(turns=turns), "html", folder.fetch)
    page = _Page(text)
    assert page.open == []
    shown = [attributes for tag, attributes in page.found if tag == "img"]
    assert [(each["alt"], each["src"]) for each in shown] == [
        (file.name, f"data:{kind};base64,{b64encode(file.picture).decode()}")
        for kind, file in PICTURES.items()
    ]
    assert 'c"a<k>e.png' not in text
    assert f'<a href="#p{CAKE.digest}">' in text
    assert f"#{CAKE.digest}" not in re.sub(r' (href|data-fmtui-turn)="[^"]*"', "", text)
    assert "img-src data:;" in text
    assert "max-width: 100%" in text
    (found,) = read("x.html", text.encode())
    assert isinstance(found, Document)
    assert [turn.text for turn in found.turns] == [turn.text for turn in turns]


def test_a_picture_that_is_gone_changed_or_none_is_named_in_the_page(tmp_path: Path) -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    forged = CAKE._replace(picture=drawing, digest=digest_of(drawing))
    folder = PictureFolder(tmp_path)
    folder.keep(forged)
    (tmp_path / "attachments" / PICTURES["image/gif"].digest).mkdir()
    named = CAKE.mention.replace(CAKE.digest, forged.digest)
    asked = Turn("p1", "user", f"{CAKE.mention} {PICTURES['image/gif'].mention} {named}")
    reply = Turn("p2", "assistant", PICTURES["image/jpeg"].mention, "p1")  # nobody attached it here
    for fetch in (folder.fetch, None):
        text = written(DOCUMENT._replace(turns=[asked, reply]), "html", fetch)
        assert text.count("is gone or cannot be read") == 3
        assert "<img" not in text
        assert "img-src" not in text
        assert b64encode(drawing).decode() not in text


def test_the_other_formats_say_which_pictures_they_do_not_hold() -> None:
    document = DOCUMENT._replace(turns=[Turn("p1", "user", f"Is {CAKE.mention} {CAKE.mention} a cake?")])
    place = f"attachments/{CAKE.digest}"
    assert json.loads(written(document, "json"))["pictures"] == [
        {"name": CAKE.name, "type": "image/png", "file": place}
    ]
    assert f'\n# The picture c"a<k>e.png is not in this file: {place} beside ' in written(document, "toml")
    text = written(document, "md")
    assert f'*The picture c"a\\<k\\>e.png is not in this file: {place} beside the sessions of fmtui*' in text
    assert text.count("not in this file") == 1
    for form in FORMATS:
        (found,) = read(f"x.{form}", written(document, form).encode())
        assert isinstance(found, Document)
        assert list(found.turns) == list(document.turns)
    assert "not in this file" not in to_toml(document) + to_markdown(document, marks=False)
    assert "pictures" not in written(DOCUMENT, "json")


# ---- files ------------------------------------------------------------------


def test_a_file_is_the_owners_alone_and_never_written_over_unasked(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    save(path, "one")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="already"):
        save(path, "two")
    assert path.read_text() == "one"
    save(path, "two", force=True)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("two", 0o600)
    with pytest.raises(UsageError, match="no ordinary file"):
        save(tmp_path, "three", force=True)
    with pytest.raises(StorageError, match="could not write"):
        save(tmp_path / "none" / "x.md", "four")


def test_nothing_is_left_of_a_file_that_the_disk_did_not_take(tmp_path: Path) -> None:
    class Full(Disk):
        def write(self, descriptor: int, data: memoryview) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left"):
        save(tmp_path / "x.md", "one", disk=Full())
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_made_of_the_title_and_is_free(tmp_path: Path) -> None:
    hostile = DOCUMENT._replace(title="../../etc/Käse & Brot\x1b")
    first = free_name(hostile, tmp_path, "md")
    assert first == tmp_path / "etc-Käse-Brot.md"
    first.touch()
    assert free_name(hostile, tmp_path, "md").name == "etc-Käse-Brot-2.md"
    assert free_name(DOCUMENT._replace(title="…"), tmp_path, "html").name == f"{DOCUMENT.id}.html"
    assert [format_of(name) for name in ("a.HTML", "b.markdown", "c.txt")] == ["html", "md", None]
    assert re.fullmatch(r"[\w.-]+", first.name)
