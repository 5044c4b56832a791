"""The list of sessions and the search in all of them: what a user sees and can do there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from fmtui.core.session_heads import SessionHead
from fmtui.core.session_marks import Marks
from fmtui.ui.chat_dialogs import session_rows
from fmtui.ui.chat_sessions import Listed
from fmtui.ui.chat_titling import clean
from fmtui.ui.fitting import cells
from fmtui.ui.matching import Query
from fmtui.ui.rows import RowList, SessionRow
from fmtui.ui.session_list import Action, Choice, SessionList
from fmtui.ui.session_rows import Known, Look, about, drawn, layout_of, parted
from fmtui.ui.session_search import Found, Place, SessionSearch, trimmed
from tests.ui.dialog_host import DialogApp, screen_text

SESSIONS = [
    SessionRow("a", "Chocolate chip cookies", "13:50", running=True),
    SessionRow("b", "Why is the sky blue?", "13:40", pinned=True, tags=("physics", "work")),
    SessionRow("c", "[red]Not markup[/x] \x1b[2J", "3 Nov", unseen=True),
    SessionRow("d", "Old plans", "2024-11-03", archived=True, tags=("work",)),
]


class Kept:
    """Notes what is asked for in the list."""

    def __init__(self) -> None:
        self.acts: list[tuple[str, str, str]] = []
        self.looked: list[str] = []
        self.searched: list[str] = []

    def act(self, action: Action, session_id: str, text: str) -> None:
        self.acts.append((action, session_id, text))

    def look(self, ids: Sequence[str]) -> None:
        self.looked += ids

    def search(self, text: str) -> None:
        self.searched.append(text)


def names(pilot: Pilot[None]) -> list[str]:
    return [row.text for row in pilot.app.screen.query_one(RowList).rows]


def line_with(pilot: Pilot[None], words: str) -> str:
    return next(line for line in screen_text(pilot).splitlines() if words in line)


# ---- rows, without a screen ----


def head(name: str, minute: int, marks: Marks = Marks()) -> SessionHead:  # noqa: B008 - a value that never changes
    at = datetime(2026, 3, 4, 5, minute, tzinfo=UTC)
    return SessionHead(name, name.upper(), at, at, 2, "llama", draft=False, marks=marks)


def test_rows_have_pinned_sessions_first_and_the_shown_one_even_before_its_first_turn() -> None:
    heads = [head("new", 9), head("put away", 8, Marks(archived=True)), head("pinned", 7, Marks(pinned=True))]
    listed = Listed(heads, frozenset({"new"}), frozenset({"pinned"}), {"put away": "pid 7 on far"})
    rows = session_rows(listed, "fresh", "")
    assert [row.id for row in rows] == ["fresh", "pinned", "new", "put away"]
    assert [row.state[1] for row in rows] == ["", "new reply", "running", "read-only"]
    assert [row.id for row in session_rows(listed, "new", "", archived=False)] == ["pinned", "new"]
    assert [row.id for row in session_rows(listed, "put away", "", archived=False)][-1] == "put away"
    assert [row.id for row in session_rows(listed, "fresh", "", 2)] == ["fresh", "pinned"]


def test_the_narrow_list_says_in_one_sign_and_a_word_what_is_to_be_known_first() -> None:
    shown = [row.row("b") for row in SESSIONS]
    assert [(row.mark, row.text[:6], row.detail) for row in shown] == [
        ("●", "Chocol", "running"),
        ("▸", "★ Why ", "13:40"),
        ("◆", "[red]N", "new"),
        ("", "Old pl", "2024-11-03"),
    ]
    left = SESSIONS[-1]._replace(draft=True)
    assert [left.row(shown).detail for shown in ("b", left.id)] == ["unsent", "2024-11-03"]


@pytest.mark.parametrize("width", [40, 66, 100, 130])
def test_columns_leave_room_for_the_title_and_are_equally_wide(width: int) -> None:
    layout = layout_of(SESSIONS)(width)
    look = Look("p", "a", "databricks-meta-llama-3-3-70b-instruct", 1200, 34_000)
    edges = [layout(drawn(Known.of(row), "b", Query(""), look)) for row in SESSIONS]
    assert len({cells(edge) for edge in edges}) == 1
    assert cells(edges[0]) <= width * 0.6
    assert "13:40" in edges[1]
    if width > 60:
        assert edges[1].startswith("#physics")
        assert edges[0].startswith("running")
    if width > 90:
        assert "1K turns" in edges[0]


def test_a_short_tag_takes_no_more_room_than_it_needs() -> None:
    tagged = SessionRow("a", "Plans", "13:40", tags=("work",))
    edge = layout_of([tagged])(70)(drawn(Known.of(tagged), "", Query(""), Look(turns=9, tokens=100)))
    assert edge.split() == ["#work", "9", "turns", "100", "tok", "13:40"]
    tagged = tagged._replace(tags=("work", "physics", "later"))
    edge = layout_of([tagged])(110)(drawn(Known.of(tagged), "", Query(""), None))
    assert "#work #physics #later" in edge, "more where there is room"


def test_a_look_begins_with_figures_and_never_acts_on_the_terminal() -> None:
    row = SESSIONS[1]._replace(owner="pid 7 on far", draft=True)
    text = about(row, Look("Why\n\x1b[2J?", "Because " * 90, "llama", 2, 1234, "3 Nov"), 110, 5)
    lines = text.split("\n")
    assert lines[0].startswith("began 3 Nov · 2 turns · 1,234 tokens · open in")
    assert lines[1] == "You: Why ␛[2J?"
    assert lines[2].startswith("llama: Because Because")
    assert len(lines[2]) <= 3 * 110
    assert about(row, Look(problem="It is gone."), 60, 5) == "It is gone."
    long_name = Look("Why?", "Because", "databricks-meta-llama-3-3-70b-instruct", 12, 7578, "22:06")
    figures = about(row._replace(owner=""), long_name, 70, 5).split("\n")[0]
    assert figures == "began 22:06 · 12 turns · 7,578 tokens · unsent prompt · #physics #work"
    assert long_name.model in about(row, long_name, 110, 2), "the model where no answer names it"


@pytest.mark.parametrize(
    ("typed", "words", "tags"),
    [("sky #Work blue", "sky blue", ("work",)), ("#", "", ()), ("a#b", "a#b", ()), ("", "", ())],
)
def test_tags_are_told_from_words(typed: str, words: str, tags: tuple[str, ...]) -> None:
    assert parted(typed) == (words, tags)


@pytest.mark.parametrize(
    ("text", "marks", "width", "shown", "marked"),
    [
        ("short text", [(0, 5)], 20, "short text", "short"),
        ("a long way to the word that was found here", [(18, 22)], 20, "…o the word that wa…", "word"),
        ("found at the very end of it all", [(29, 31)], 12, "…d of it all", "ll"),
        ("字" * 30 + "word", [(30, 34)], 12, "…字字字word", "word"),
        ("x" * 40, [(0, 40)], 10, "x" * 9 + "…", "x" * 9),
        ("nothing to mark in here", [], 10, "nothing t…", ""),
    ],
)
def test_a_snippet_is_cut_around_what_was_found(
    text: str, marks: list[tuple[int, int]], width: int, shown: str, marked: str
) -> None:
    cut, places = trimmed(text, marks, width)
    assert cells(cut) <= width
    assert (cut, "".join(cut[at] for at in places)) == (shown, marked)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('Title: "Cookie Baking Basics."', "Cookie Baking Basics"),
        ("\n\n## **Wie man backt**\nmore", "Wie man backt"),
        ("\x1b]0;x\x07", "␛]0;x␇"),
        ("  \n ", ""),
        ("word " * 50, ("word " * 50)[:59].rstrip() + "…"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(said: str, title: str) -> None:
    assert clean(said) == title


# ---- the list ----


async def test_sessions_are_found_looked_into_and_acted_on_by_keys_in_the_list() -> None:
    kept = Kept()
    app = DialogApp(SessionList(SESSIONS, "a", keeper=kept))
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = app.screen
        assert isinstance(dialog, SessionList)
        assert names(pilot) == [row.title for row in SESSIONS[:3]], "archived ones are left out"
        assert "▸● " in line_with(pilot, "Chocolate")
        assert "running" in line_with(pilot, "Chocolate")
        assert "★" in line_with(pilot, "sky")
        assert "#physics" in line_with(pilot, "sky")
        assert "◆" in line_with(pilot, "[red]Not markup[/x] ␛[2J")
        assert "new reply" in line_with(pilot, "markup")
        assert "\x1b" not in screen_text(pilot)
        assert "^K delete" in screen_text(pilot)
        assert sorted(kept.looked) == ["a", "b", "c"], "each is looked into once, when it is drawn"
        dialog.show_looks({"a": Look("Bake!", "Flour", "llama", 2, 9_000, "today")})
        await pilot.pause()
        assert "9K tok" in line_with(pilot, "Chocolate")
        assert "You: Bake!" in screen_text(pilot)
        assert "llama: Flour" in screen_text(pilot)

        await pilot.press("down", "ctrl+p", "ctrl+g", "ctrl+k", "ctrl+z", "ctrl+d")
        assert kept.acts == [
            *(("pin", "b", ""), ("archive", "b", ""), ("delete", "b", "")),
            *(("undelete", "b", ""), ("duplicate", "b", "")),
        ]
        kept.acts.clear()
        await pilot.press("ctrl+r", "ctrl+k", "ctrl+u", *"New", "ctrl+p", "enter")
        assert kept.acts == [("rename", "b", "New")], "keys of the list wait while a line is edited"
        await pilot.press("ctrl+t", "end", *" x", "escape", "ctrl+t", "end", *" y", "enter")
        assert kept.acts[1:] == [("tag", "b", "physics work y")]
        assert isinstance(app.focused, Input)

        renamed = [SESSIONS[0], SESSIONS[1]._replace(title="New", detail="13:59"), *SESSIONS[2:]]
        dialog.set_rows(renamed, f"Done. {'Said whole, in two lines. ' * 3}To the end.")
        await pilot.pause()
        assert "3 sessions · Done. Said" in screen_text(pilot)
        assert "To the end." in screen_text(pilot)
        dialog.renew([renamed[0]._replace(running=False, unseen=True), *renamed[1:]])
        await pilot.pause()
        assert "new reply" in line_with(pilot, "Chocolate")
        assert "3 sessions · Done. Said" in screen_text(pilot), "what was done last stays"
        assert kept.looked.count("a") == 2, "a reply that ended is looked at"
        assert dialog.query_one(RowList).current is not None
        assert kept.looked.count("b") == 2, "what changed is looked into again"

        await pilot.press("ctrl+o", *"#wor")
        assert names(pilot) == ["New", "Old plans"]
        await pilot.press(*" old", "f7")
        assert names(pilot) == ["Old plans"]
        assert kept.searched == ["old"]
        await pilot.press("enter")
    assert app.results == [Choice("open", "d")]


async def test_ten_thousand_sessions_draw_only_what_is_on_the_screen() -> None:
    many = [SessionRow(str(n), f"Session number {n}", "3 Nov") for n in range(10_000)]
    kept = Kept()
    app = DialogApp(SessionList(many, "9000", keeper=kept))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "Session number 9000" in screen_text(pilot)
        await pilot.press(*"9999")
        assert names(pilot) == ["Session number 9999"]
        shown = app.screen.query_one(RowList)
        assert len(shown._strips) <= 3 * shown.size.height
        assert len(kept.looked) <= 5 * shown.size.height
        await pilot.press("ctrl+n")
    assert app.results == [Choice("new")]


# ---- the search ----


def found(session: str, turn: str, snippet: str, word: str) -> Found:
    at = snippet.index(word)
    return Found(
        session, f"Title of {session}", "3 Nov", turn, "You", snippet, ((at, at + len(word)),), word, 2
    )


async def test_what_is_found_is_grouped_and_what_is_no_longer_sought_is_not_shown() -> None:
    asked: list[str] = []
    app = DialogApp(SessionSearch(asked.append))
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = app.screen
        assert isinstance(dialog, SessionSearch)
        await pilot.press(*"oil")
        assert asked == ["o", "oi", "oil"]
        dialog.take("oi", [found("x", "t0", "ointment", "oi")], done=True)
        assert names(pilot) == []
        dialog.take("oil", [found("a", f"t{n}", f"olive Oil {n}", "Oil") for n in range(7)], done=False)
        dialog.take("oil", [found("b", "t9", "\x1b[2J oil [red]", "oil")], done=True)
        await pilot.pause()
        assert names(pilot) == [
            "Title of a",
            *(f"You: olive Oil {n}" for n in range(5)),
            "Title of b",
            "You: \x1b[2J oil [red]",
        ]
        assert "7 places · 3 Nov" in line_with(pilot, "Title of a")
        assert "8 places in 2 sessions" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)
        # With the cursor on a session, which the rows must know of until others have taken their place.
        await pilot.press(*["up"] * 8, "x")
        dialog.take("oilx", [], done=True)
        await pilot.pause()
        assert "nothing found" in screen_text(pilot)
        await pilot.press("backspace", "s", "enter")  # before anything of it is found
        assert app.results == []
        dialog.take("oils", [found("c", "t1", "many Oils", "Oils")], done=True)
        await pilot.pause()
    assert app.results == [Place("c", "t1", "oils", 2)]
