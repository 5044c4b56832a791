"""The dialog with the models of all endpoints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from textual.binding import Binding
from textual.content import Content
from textual.events import Resize

from fmtui.core.chat import Model
from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line
from fmtui.ui.lazy_rows import LazyRows
from fmtui.ui.matching import Query
from fmtui.ui.model_rows import CURRENT, STAR, Columns, ModelRow, Place, about, state, texts_of
from fmtui.ui.picker import Picker
from fmtui.ui.rows import Row

_TYPED = "typed\x1f"
"""Begins the id of a row that offers what was typed, which is none of the list."""
_NEAR = 0.2
"""What having been used last is worth beside how well the letters match; a star half of that."""

_BEGINS = 0.5
"""What it is worth that a name begins with what was typed."""
_UNREADY = 1.0
"""What it costs that a model cannot answer now: as much as a match at the start of a word is worth."""

_LOOKED_AT = 300
"""Characters of a name that are searched."""


class _Known(NamedTuple):
    """A model, and what it is found by."""

    row: ModelRow
    key: str
    name: str
    """Its name in small letters."""
    whole: str
    """With its endpoint and its longer name."""
    near: float
    """What it is worth beside how well the letters match."""

    @classmethod
    def of(cls, row: ModelRow) -> _Known:
        name = row.model.name[:_LOOKED_AT].lower()
        whole = f"{name} {row.endpoint} {row.model.label[:_LOOKED_AT]}".lower()
        near = _NEAR if row.recent else _NEAR / 2 if row.starred else 0.0
        return cls(row, row.key, name, whole, near)

    def score(self, query: Query) -> float:
        """Return how well it matches: by its name, or else with its longer name and endpoint."""
        score = query.score(self.name) or query.score(self.whole) / 4
        if not score:
            return 0.0
        return score + self.near + (_BEGINS if self.name.startswith(query.text) else 0.0)


def _nothing(*_: object) -> None:
    """Do nothing with what is reported."""


class ModelSwitcher(Picker[ModelRow]):
    """Returns a model, None when the user left without choosing.

    A name that no list holds can be used all the same, at any endpoint: not every server
    lists, and a list may leave out what works. A model that cannot answer now has to be
    chosen twice.
    """

    SAYS_MORE = True
    BINDINGS = [
        Binding("ctrl+t", "star", show=False),
        Binding("ctrl+r", "ask_again", show=False),
    ]
    DEFAULT_CSS = """
    ModelSwitcher > Vertical { width: 132; }
    ModelSwitcher .note { height: auto; max-height: 6; text-wrap: wrap; }
    ModelSwitcher.-short .note { max-height: 2; }
    """

    def __init__(
        self,
        rows: Sequence[ModelRow],
        current: str = "",
        *,
        places: Sequence[Place] = (),
        note: str = "",
        query: str = "",
        star: Callable[[ModelRow, bool], None] = _nothing,
        ask_again: Callable[[], None] = _nothing,
        title: str = "Switch model",
        apart: Collection[str] = (),
    ) -> None:
        """Make the dialog.

        Args:
            rows: the models, in the order to show them.
            current: `ModelRow.key_of` the model in use.
            places: the endpoints, the one in use first; by default those of the rows.
            note: what to know about the lists, such as that one is still loading.
            query: what the field starts with.
            star: told of each model that is given a star, or loses it.
            ask_again: asks all endpoints for their lists.
            title: what choosing one is for.
            apart: `ModelRow.key_of` those that are hardly wanted, so that the cursor is on another at first.
        """
        super().__init__(title, "model", "a part of the name", query=query, current=current)
        self._star, self._ask_again = star, ask_again
        self._apart = apart
        self._models: dict[str, _Known] = {}
        self._places: dict[str, Place] = {}
        self._narrowed: tuple[str, list[_Known]] = "", []
        self._matched = Query("")
        self._shown = 0
        self._steered = False  # whether the user has put the cursor where it is
        self._take(rows, places)
        self.set_note(note)

    def set_rows(self, rows: Sequence[ModelRow], places: Sequence[Place] = (), note: str = "") -> None:
        """Show other models while the dialog is open; what was typed and the cursor stay."""
        at = self._list.current
        self._take(rows, places)
        self.set_note(note)
        if not self.is_mounted:
            return
        if at is None or not (self._steered or self._asks):
            self.filter_now(self.start())  # a cursor that nobody moved means the best there is now
        elif at.id.startswith(_TYPED):
            # What was typed may be listed by now: then that is what was meant.
            listed = ModelRow.key_of(at.id.removeprefix(_TYPED), self._query.strip())
            self._keep(listed if listed in self._models else None)
        else:
            self._keep()

    def start(self) -> str:
        """Return where the cursor is before the user moves it.

        That is the best match of what was typed, else the model in use, else one of its endpoint;
        where some are hardly wanted, the first of the others.
        """
        if self._apart and not self._query.strip():
            others = [known for known in self._models.values() if known.key not in self._apart]
            others = [known for known in others if known.row.model.ready] or others
            if others:
                return others[0].key
        if self._query.strip() or self._current in self._models:
            return super().start()
        endpoint = self._current.partition("\x1f")[0]
        here = [known for known in self._models.values() if known.row.endpoint == endpoint]
        ready = [known for known in here if known.row.model.ready]
        return next((known.key for known in ready or here), "")

    def _take(self, rows: Sequence[ModelRow], places: Sequence[Place]) -> None:
        self._models = {known.key: known for known in map(_Known.of, rows)}
        names = dict.fromkeys([self._current.partition("\x1f")[0], *(row.endpoint for row in rows)])
        self._places = {place.name: place for place in places or [Place(name) for name in names if name]}
        self._narrowed = "", list(self._models.values())
        self._list.set_layout(Columns(rows, self._places).layout)

    def keys(self) -> str:
        """Return what the keys do."""
        if self.app.size.width < 80:
            return "Enter · ^T stars · ^R asks again · Esc"
        return "Enter chooses · Ctrl+T stars · Ctrl+R asks again · Esc leaves"

    def on_resize(self, _: Resize) -> None:
        """Say as much about the keys as there is room for."""
        self.query_one("Vertical").border_subtitle = Content(self.keys())

    def total(self) -> int:
        """Return how many models there are."""
        return len(self._models)

    def shown(self) -> int:
        """Return how many of them match."""
        return self._shown

    def matching(self, query: str) -> Sequence[Row]:
        """Return the models that match, best first, and at last what was typed, at each endpoint."""
        self._matched = Query(query)
        if not query:
            self._shown = len(self._models)
            return self._rows(list(self._models.values()), [])
        last, candidates = self._narrowed
        if not query.startswith(last):
            candidates = list(self._models.values())
        scored = [(known.score(self._matched), known) for known in candidates]
        found = [(score, known) for score, known in scored if score > 0]
        self._narrowed = query, [known for _, known in found]
        # The order of the list is kept among equals.
        found.sort(key=lambda item: round((0.0 if item[1].row.model.ready else _UNREADY) - item[0], 3))
        self._shown = len(found)
        return self._rows([known for _, known in found], self._offers(query))

    def _rows(self, found: Sequence[_Known], offers: Sequence[Row]) -> Sequence[Row]:
        return LazyRows(found, self._row, lambda known: known.key, offers)

    def _offers(self, query: str) -> list[Row]:
        """Return a row for what was typed, at each endpoint that does not list it."""
        offers = []
        for place in self._places.values():
            if ModelRow.key_of(place.name, query) not in self._models:
                row = self._offered(place, query)
                words = f"use “{one_line(query, 200)}”"
                cells = texts_of(row, place)
                offers.append(Row(_TYPED + place.name, words, "", "+ ", not row.model.ready, (), True, cells))
        return offers

    @staticmethod
    def _offered(place: Place, name: str) -> ModelRow:
        gone = place.gone.get(name, "")
        return ModelRow(place.name, Model(name, ready=not gone, note=gone))

    def result_of(self, row: Row) -> ModelRow | None:
        """Return the model of a row."""
        if row.id.startswith(_TYPED):
            place = self._places[row.id.removeprefix(_TYPED)]
            return self._offered(place, self._query.strip())
        known = self._models.get(row.id)
        return None if known is None else known.row

    def doubt(self, row: Row) -> str:
        """Return why a model may not answer, and how to use it all the same."""
        chosen = self.result_of(row)
        if chosen is None or chosen.model.ready or row.id == self._current:
            return ""
        return f"Enter again uses it all the same · {one_line(state(chosen.model))}"

    def about(self, row: Row) -> str:
        """Return what there is to know of a model."""
        chosen = self.result_of(row)
        return "" if chosen is None else about(chosen, self._place(chosen))

    def _place(self, row: ModelRow) -> Place:
        return self._places.get(row.endpoint, Place(row.endpoint))

    def _row(self, known: _Known) -> Row:
        row, name = known.row, known.row.model.name
        mark = (CURRENT if known.key == self._current else " ") + (STAR if row.starred else " ")
        positions = self._matched.positions(name[:_LOOKED_AT])
        cells = texts_of(row, self._place(row))
        return Row(known.key, name, "", mark, not row.model.ready, positions, True, cells)

    def action_steer(self, how: str, by: int = 0) -> None:
        """Move the cursor of the list."""
        self._steered = True
        super().action_steer(how, by)

    def filter_now(self, cursor: str | None = None) -> None:
        """Show the rows that match the field."""
        if cursor is not None:
            self._steered = False
        super().filter_now(cursor)

    def _keep(self, cursor: str | None = None) -> None:
        """Show the rows that match, the cursor where the user has put it, or on what that became."""
        super().filter_now(cursor)

    def action_star(self) -> None:
        """Give the model under the cursor a star, or take it away; it stays where it is for now."""
        at = self._list.current
        known = self._models.get(at.id) if at is not None else None
        if known is None:
            return
        starred = not known.row.starred
        self._models[known.key] = _Known.of(known.row._replace(starred=starred))._replace(near=known.near)
        self._narrowed = "", list(self._models.values())
        self._steered = True
        self._keep()
        self._star(known.row, starred)

    def action_ask_again(self) -> None:
        """Ask all endpoints for their lists."""
        self._ask_again()
