"""Every case of the protocol's description has a test that bears its number."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
CASES = TESTS / "data" / "conformance_cases.txt"
"""Number and name of each case, a line for each."""
RULES = TESTS / "data" / "conformance_rules.txt"
"""A line for each rule of the description's sections 1 to 5: section, rule, names of its tests."""
SECTIONS = {
    *("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5", "3.1", "3.2", "3.3", "3.4", "3.5"),
    *("4.1", "4.2", "4.3", "4.4", "5.1", "5.2", "5.3", "5.4"),
}
_NAMED = re.compile(r"def test_(?:case_(?P<one>\d{3})|cases_(?P<some>(?:\d{3}_(?:and_)?)+))")
OF_THE_APP = {"028", "029", "040", "041", "053", "054", "070", "083", "084", "085"}
"""Cases about what the screen shows or a key does: proven in the app too, not in the core alone."""


def numbers(folder: Path) -> set[str]:
    """Return the numbers of the cases that the tests of a folder are named after."""
    sources = (path.read_text("utf-8") for path in folder.rglob("test_*.py"))
    named = (match for source in sources for match in _NAMED.finditer(source))
    return {number for match in named for number in re.findall(r"\d{3}", match["one"] or match["some"])}


def test_every_case_has_a_test_that_bears_its_number() -> None:
    cases = dict(line.split(" ", 1) for line in CASES.read_text("utf-8").splitlines())
    assert len(cases) == 88
    tested = numbers(TESTS)
    assert {number: name for number, name in cases.items() if number not in tested} == {}
    assert tested - cases.keys() == set()


def test_what_the_user_sees_is_tested_in_the_app() -> None:
    assert numbers(TESTS / "ui") >= OF_THE_APP


def test_every_rule_of_the_first_five_sections_names_tests_that_there_are() -> None:
    rules = [line.partition(" ") for line in RULES.read_text("utf-8").splitlines()]
    assert {section for section, _, _ in rules} == SECTIONS
    sources = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    there = set(re.findall(r"def test_(\w+)\(", sources))
    for _, _, rule in rules:
        words, _, named = rule.rpartition(": ")
        assert words
        assert named
        assert set(named.split()) - there == set(), rule
