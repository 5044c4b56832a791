"""The dialog with the models of all endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fmtui.core.chat import Model
from fmtui.core.text import one_line
from fmtui.ui.matching import match
from fmtui.ui.picker import TYPED, Picker
from fmtui.ui.rows import Row

CURRENT = "•"


@dataclass(frozen=True)
class ModelRow:
    """One model of one endpoint."""

    endpoint: str
    model: Model

    @staticmethod
    def key_of(endpoint: str, model: str) -> str:
        """Return what tells a model of an endpoint from all others."""
        return f"{endpoint}\x1f{model}"

    @property
    def key(self) -> str:
        """What tells this row from all others."""
        return self.key_of(self.endpoint, self.model.name)


class ModelSwitcher(Picker[ModelRow]):
    """Returns a model, None when the user left without choosing.

    A name that no list holds can be used all the same: not every server lists, and a list
    may leave out what works.
    """

    def __init__(
        self, rows: Sequence[ModelRow], current: str = "", *, note: str = "", query: str = ""
    ) -> None:
        """Make the dialog.

        Args:
            rows: the models, those of the current endpoint first.
            current: `ModelRow.key_of` the model in use.
            note: what to know about the list, such as that it is still loading.
            query: what the field starts with.
        """
        super().__init__("Switch model", "model", "type a part of the name", query=query, current=current)
        self._models: dict[str, ModelRow] = {}
        self._narrowed: tuple[str, list[ModelRow]] = "", []
        self._take(rows)
        self.set_note(note)

    def set_rows(self, rows: Sequence[ModelRow], note: str = "") -> None:
        """Show other models while the dialog is open; what was typed and the cursor stay."""
        untouched = self._list.current is None or self._list.current.id in {self._current, TYPED}
        self._take(rows)
        self.set_note(note)
        if self.is_mounted:
            query = self._query.strip()
            self.filter_now(self._current if untouched and not query else None)

    def _take(self, rows: Sequence[ModelRow]) -> None:
        self._models = {row.key: row for row in rows}
        self._narrowed = "", list(self._models.values())

    def total(self) -> int:
        """Return how many models there are."""
        return len(self._models)

    def matching(self, query: str) -> Sequence[Row]:
        """Return the models that match, best first, and what was typed as the last."""
        if not query:
            return [self._row(row) for row in self._models.values()]
        last, candidates = self._narrowed
        if not query.startswith(last):
            candidates = list(self._models.values())
        scored = [(*match(query, row.model.name), row) for row in candidates]
        found = [(score, positions, row) for score, positions, row in scored if score > 0]
        self._narrowed = query, [row for _, _, row in found]
        # Ready ones first among equals, and the order of the server kept otherwise.
        found.sort(key=lambda item: (-round(item[0], 3), not item[2].model.ready))
        rows = [self._row(row, positions) for _, positions, row in found]
        if all(row.model.name != query for _, _, row in found):
            rows.append(Row(TYPED, f"use «{one_line(query, 200)}»", self._own_endpoint(), "+"))
        return rows

    def result_of(self, row: Row) -> ModelRow | None:
        """Return the model of a row."""
        if row.id == TYPED:
            return ModelRow(self._own_endpoint(), Model(self._query.strip()))
        return self._models.get(row.id)

    def _own_endpoint(self) -> str:
        return self._current.partition("\x1f")[0]

    def _row(self, row: ModelRow, matches: tuple[int, ...] = ()) -> Row:
        model = row.model
        task = model.mode or model.task.rpartition("/")[2]
        readiness = "" if model.ready or model.note else "not ready"
        detail = " · ".join(part for part in (model.note, readiness, task, row.endpoint) if part)
        mark = CURRENT if row.key == self._current else ""
        return Row(row.key, model.name, detail, mark, not model.ready, matches, middle=True)
