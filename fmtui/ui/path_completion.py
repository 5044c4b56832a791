"""What a word that begins with `@` may become: the files and folders there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from fmtui.ui.completion import Candidate, Offer
from fmtui.ui.matching import Query

MOST_OFFERED = 100
"""Names that are offered; whoever looks for another types on."""

_WORD = re.compile(r"(?:^|(?<=\s))@(\S*)$")

Names = Sequence[tuple[str, bool]]
"""What is in a folder, in the order to offer it, and whether each is a folder itself."""


class PathSource:
    """Offers files for words that are typed, letter by letter: nothing is offered for what is pasted.

    Args:
        load: has a folder read, and tells `know` of it later; the folder as it was typed.
        taken: is told of a file that was chosen, as the word that stands for it.
    """

    def __init__(self, load: Callable[[str], object], taken: Callable[[str], object]) -> None:
        self._load = load
        self._taken = taken
        self._known: dict[str, Names] = {}
        self._loading: set[str] = set()
        self._before = ""
        self._typed = ""
        self._words: set[str] = set()
        """Words with their `@` that were typed by hand since the last prompt was sent."""

    def __call__(self, before: str, row: int) -> Offer | None:
        """Return what may be offered for the end of a line, where that is a name."""
        last, self._before = self._before, f"{row}:{before}"
        match = _WORD.search(before)
        if match is None:
            self._typed = ""
            if not self._loading:
                self._known.clear()  # what is there may be another the next time
            return None
        word = match[1]
        # One letter after the other: a text that holds `@name` must not attach what it names.
        by_hand = self._before[:-1] == last or last.startswith(self._before) or self._before == last
        if not (word == "" or (by_hand and self._typed)):
            self._typed = ""
            return None
        self._typed = before[match.start() :]
        if word:
            self._words.add(self._typed)
        folder, slash, name = word.rpartition("/")
        folder += slash
        names = self._known.get(folder)
        if names is None:
            if folder not in self._loading:
                self._loading.add(folder)
                self._load(folder)
            return Offer(match.start(), (), coming=True)
        found = offered(folder, name, names)
        return Offer(match.start(), found, "Enter too", chosen=self._chosen) if found else None

    def know(self, folder: str, names: Names) -> None:
        """Take what is in a folder."""
        self._loading.discard(folder)
        self._known[folder] = names

    def left(self, text: str) -> list[str]:
        """Return the words typed by hand that a text still has and that look like names of files."""
        there = set(re.findall(r"(?:^|(?<=\s))@\S+", text))
        return [word for word in sorted(self._words & there) if "/" in word or "." in word]

    def forget(self, *words: str) -> None:
        """Forget words that are no names of files, or all of them once their prompt is sent."""
        self._words.difference_update(words or set(self._words))

    def _chosen(self, candidate: Candidate, before: str, row: int) -> None:
        self._before = f"{row}:{before}"
        self._typed = candidate.insert
        if not candidate.insert.endswith("/"):
            self._taken(candidate.insert.removesuffix(" "))


def offered(folder: str, name: str, names: Names) -> list[Candidate]:
    """Return the names that were meant, best first: those that begin so, else those with the letters.

    Args:
        folder: what was typed up to the last slash.
        name: what was typed after it; what begins with a dot is hidden until a dot is typed.
        names: what is there.
    """
    seen = [
        (each, is_folder)
        for each, is_folder in names
        # A name of two lines is no word, however it is written.
        if (each[0] != "." or name.startswith(".")) and not {"\n", "\r"} & set(each)
    ]
    folded = name.casefold()
    begins = [pair for pair in seen if pair[0].casefold().startswith(folded)]
    if begins or not name:
        places: Mapping[str, tuple[int, ...]] = {}
        best = begins
    else:
        wanted = Query(name)
        scored = [(wanted.score(each.lower()), (each, is_folder)) for each, is_folder in seen]
        scored = [pair for pair in scored if pair[0] > 0]
        scored.sort(key=lambda pair: -round(pair[0], 3))
        best = [pair for _, pair in scored]
        places = {each: wanted.positions(each) for each, _ in best[:MOST_OFFERED]}
    return [
        Candidate(
            f"@{folder}{each}/" if is_folder else f"@{folder}{each} ",
            f"{each}/" if is_folder else each,
            "",
            places.get(each, tuple(range(len(name)))),
        )
        for each, is_folder in best[:MOST_OFFERED]
    ]
