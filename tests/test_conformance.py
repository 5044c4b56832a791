"""Every case of the protocol's description has a test that bears its number."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
CASES = TESTS / "data" / "conformance_cases.txt"
"""Number and name of each case, a line for each."""
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
