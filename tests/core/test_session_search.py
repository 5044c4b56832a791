"""Full-text search over all sessions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fmtui.core.chat import Params, Turn
from fmtui.core.export import Document, to_toml
from fmtui.core.session_file import EPOCH
from fmtui.core.session_search import Query, cut, search


def keep(folder: Path, name: str, title: str, *texts: str, age: int = 0, reasoning: str = "") -> None:
    """Write a session of prompts and replies."""
    turns = [
        Turn(
            f"t{number}",
            "assistant" if number % 2 else "user",
            text,
            f"t{number - 1}" if number else "",
            reasoning=reasoning if number % 2 else "",
            params=Params("e", "llama") if number % 2 else None,
        )
        for number, text in enumerate(texts)
    ]
    path = folder / f"{name}.toml"
    path.write_text(to_toml(Document(name, title, EPOCH, turns)))
    os.utime(path, (2_000_000_000 - age,) * 2)


def places(folder: Path, text: str) -> list[tuple[str, str]]:
    return [(hit.session_id, hit.turn_id) for hit in search(folder, Query(text))]


def test_a_turn_is_found_by_all_its_words_and_by_those_of_the_title(tmp_path: Path) -> None:
    keep(tmp_path, "old", "Cakes", "Bake an apple pie", "With flour and olive  \noil", age=9)
    keep(tmp_path, "new", "Engines", "olive drab oil", "nothing here")
    assert places(tmp_path, "olive oil") == [("new", "t0"), ("old", "t1")]  # the newest first
    assert places(tmp_path, '"olive oil"') == [("old", "t1")]
    assert places(tmp_path, '"olive oil') == [("old", "t1")]  # while it is typed
    assert places(tmp_path, "cakes FLOUR") == [("old", "t1")]
    assert places(tmp_path, "cake") == [("old", "")]
    assert places(tmp_path, "apple flour") == []
    assert places(tmp_path, "  ") == []
    assert places(tmp_path, "llama") == []  # a key of the file is no text


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("STRASSE", "die Straße"),
        ("straße", "DIE STRASSE"),
        ("ÄPFEL", "äpfel"),
        ("привет", "ПРИВЕТ"),
        ("kelvin", "\u212aelvin"),
        ("\u212aelvin", "kelvin"),
        ("fish", "a \ufb01sh"),
        ("ss", "\u1e9e"),
        ("σοφος", "ΣΟΦΟΣ"),
        ("strasſe", "STRASSE"),
        ("東京", "in 東京 today"),
        ("\\new", "C:\\new"),
        ("[[x]]", "[[x]]"),
        ("a\x1bb", "a\x1bb"),
        ('say "hi there"', 'say ""hi there"" …'),
    ],
)
def test_case_and_the_form_in_the_file_do_not_matter(tmp_path: Path, typed: str, text: str) -> None:
    keep(tmp_path, "one", "", text)
    keep(tmp_path, "two", "", "something ëlse")
    hits = list(search(tmp_path, Query(typed)))
    assert [hit.session_id for hit in hits] == ["one"]
    assert hits[0].marks


def test_a_hit_says_where_it_is(tmp_path: Path) -> None:
    keep(
        tmp_path, "one", "Title", "?", "x " * 100 + "the\n\nStraße was\tlong " + "y " * 200, reasoning="oven"
    )
    (hit,) = search(tmp_path, Query("strasse LONG"))
    assert (hit.title, hit.role, hit.model) == ("Title", "assistant", "llama")
    assert hit.snippet.startswith("…x x")
    assert hit.snippet.endswith("…")
    assert "the Straße was long y" in hit.snippet
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["Straße", "long"]
    assert next(search(tmp_path, Query("OVEN"))).snippet.startswith("oven")
    assert cut("ab", Query("ab")) == ("ab", ((0, 2),))


def test_it_ends_between_two_files_and_passes_over_what_cannot_be_read(tmp_path: Path) -> None:
    for number in range(5):
        keep(tmp_path, f"s{number}", "", "word", age=number)
    (tmp_path / "garbage.toml").write_bytes(b'\xff[[turns]]\ntext = """word')
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    assert len(places(tmp_path, "word")) == 5
    asked = iter([True, True, True, False])
    assert len(list(search(tmp_path, Query("word"), lambda: next(asked)))) <= 3


def test_only_files_that_may_hold_the_words_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        keep(tmp_path, f"s{number}", "a title", f"number{number} – größer", "a reply")
    parsed: list[str] = []

    def parse(piece: bytes) -> list[dict[str, object]]:
        parsed.append(piece.decode())
        return [{"text": piece.decode()}]

    monkeypatch.setattr("fmtui.core.session_search.turn_tables", parse)
    assert len(places(tmp_path, "NUMBER7")) == 1
    assert len(parsed) == 1


def test_the_best_place_is_shown_where_the_words_stand_together_else_where_they_are_nearest(
    tmp_path: Path,
) -> None:
    far = "some oil first. " + "x " * 200 + "and olive in the end"
    near = "olive " + "y " * 200 + "the oil of an olive " + "z " * 200 + "oil"
    phrase = "olive, oil. " + "x " * 200 + "Olive\t Oil at last"
    keep(tmp_path, "one", "", far, near, phrase, "olive\noil")
    hits = list(search(tmp_path, Query("olive oil")))
    assert [hit.turn_id for hit in hits] == ["t2", "t3", "t1", "t0"]
    marked = [[hit.snippet[start:end] for start, end in hit.marks] for hit in hits]
    assert marked == [["Olive", "Oil"], ["olive", "oil"], ["oil", "olive"], ["oil"]]
    assert "Olive Oil at last" in hits[0].snippet
    assert "the oil of an olive z" in hits[2].snippet
    # What is looked for there is the words themselves, or that of them which is the rarest.
    assert [(hit.sought, hit.nth) for hit in hits] == [("Olive Oil", 0), ("olive", 0), ("oil", 0), ("oil", 0)]
    keep(tmp_path, "two", "", "pie, pie, pie; apple pie, a pie with one apple, pie. apple pies")
    (hit,) = search(tmp_path, Query("one pie"))
    assert (hit.sought, hit.nth) == ("one", 0)
    keep(tmp_path, "two", "", "a b, a b, c c c c, " + "x " * 50 + "a c b", "?", reasoning="")
    (hit,) = search(tmp_path, Query("b a c"))
    assert (hit.sought, hit.nth, hit.snippet[-5:]) == ("a", 2, "a c b")
    # In the order in which they are shown: reasoning stands before the reply.
    keep(tmp_path, "two", "", "?", "oven", reasoning="a cake, a pan")
    (hit,) = search(tmp_path, Query("oven pan"))
    assert hit.snippet == "a cake, a pan oven"
