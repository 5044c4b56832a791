"""What the list of models shows of each: columns, as many as there is room for, and a line about one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fmtui.core.chat import Model
from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line, prices, short_count
from fmtui.ui.figures import SEPARATOR
from fmtui.ui.fitting import cells, fit
from fmtui.ui.rows import Row

CURRENT = "•"
STAR = "★"

_NAME_LEAST = 20
"""Cells that a name has at least; half of a narrow list if it needs them."""
_NOTE_MOST = 44
_SOURCE_LEAST = 8
_CAPS = {"endpoint": 16, "task": 10, "note": 14, "window": 6, "price": 11, "source": 24}
"""Cells of each column at most, the most useful one first: what does not fit is left out from the end."""
_ORDER = "task", "note", "window", "price", "endpoint", "source"
"""The order in which they stand."""
_RIGHT = {"window", "price"}


class ModelRow(NamedTuple):
    """One model of one endpoint."""

    endpoint: str
    model: Model
    starred: bool = False
    recent: bool = False
    """Whether it is one of those used last."""

    @staticmethod
    def key_of(endpoint: str, model: str) -> str:
        """Return what tells a model of an endpoint from all others."""
        return f"{endpoint}\x1f{model}"

    @property
    def key(self) -> str:
        """What tells this row from all others."""
        return self.key_of(self.endpoint, self.model.name)


class Place(NamedTuple):
    """One endpoint that models can be asked at."""

    name: str
    source: str = ""
    """Where it came from."""
    note: str = ""
    """How old its list is, or why there is none."""
    gone: Mapping[str, str] = {}
    """Names that it listed once and does no more -> a sentence about that."""


def state(model: Model) -> str:
    """Return why a model cannot be used now, or what to expect; empty when all is well."""
    return model.note or ("" if model.ready else "not ready")


def cells_of(row: ModelRow, place: Place) -> dict[str, str]:
    """Return what each column says of a model."""
    model = row.model
    return {
        "task": model.mode or model.task.rpartition("/")[2],
        "note": state(model),
        "window": "" if model.context_window is None else short_count(model.context_window),
        "price": prices(model.price_in, model.price_out),
        "endpoint": row.endpoint,
        "source": place.source,
    }


class Columns:
    """The columns of a list of models.

    Args:
        rows: all models that are listed, whatever is filtered.
        places: all endpoints by name.
    """

    def __init__(self, rows: Iterable[ModelRow], places: Mapping[str, Place]) -> None:
        widths = dict.fromkeys(_ORDER, 0)
        seen: set[tuple[object, ...]] = set()
        self._longest = _NAME_LEAST
        for row in rows:
            model = row.model
            self._longest = max(self._longest, _cells(model.name))
            # All but the name, which most models share with many.
            rest = (row.endpoint, *model[1:3], *model[4:])
            if rest not in seen:
                seen.add(rest)
                for name, text in cells_of(row, places.get(row.endpoint, Place(row.endpoint))).items():
                    widths[name] = max(widths[name], _cells(text))
        if len(places) < 2:
            widths["endpoint"] = widths["source"] = 0  # they are the same everywhere
        self._widths = widths

    def layout(self, width: int) -> Callable[[Row], str]:
        """Return what makes the right edge of a row, for so many cells for its name and all columns.

        Where there is no room for a column of notes, those of what cannot be used now stand in
        place of the others: nothing is hidden that one has to know.
        """
        widths = self._fitting(width)
        shown = [(at, name, widths[name]) for at, name in enumerate(_ORDER) if name in widths]
        whole = "note" in widths
        spanned = {name for name in ("task", "window", "price") if name in widths}
        span = sum(widths[name] for name in spanned) + 2 * max(0, len(spanned) - 1)

        def right_edge(row: Row) -> str:
            texts = [(name, row.cells[at], size) for at, name, size in shown]
            if row.dim and not whole and spanned:
                rest = [each for each in texts if each[0] not in spanned]
                texts = [("note", row.cells[_ORDER.index("note")], span), *rest]
            return "  ".join(_filled(text, size, right=name in _RIGHT) for name, text, size in texts)

        return right_edge

    def _fitting(self, width: int) -> dict[str, int]:
        """Return the columns that there is room for, and their widths."""
        name = min(self._longest, max(_NAME_LEAST, width // 2))
        left = width - name
        taken: dict[str, int] = {}
        for column, most in _CAPS.items():
            wanted = min(self._widths[column], most)
            if column == "source" and left - 2 >= _SOURCE_LEAST:
                wanted = min(wanted, left - 2)
            if 0 < wanted <= left - 2:
                taken[column] = wanted
                left -= wanted + 2
        left -= min(left, self._longest - name)
        if "note" in taken:
            taken["note"] += min(left, min(self._widths["note"], _NOTE_MOST) - taken["note"])
        return taken


def _cells(text: str) -> int:
    return min(len(text), 400) if text.isascii() and text.isprintable() else cells(one_line(text, 400))


def _filled(text: str, size: int, *, right: bool) -> str:
    """Return a text cut and filled to so many cells."""
    shown = fit(one_line(text), size)
    blanks = " " * (size - cells(shown))
    return blanks + shown if right else shown + blanks


def texts_of(row: ModelRow, place: Place) -> tuple[str, ...]:
    """Return the cells of a model, in the order of the columns."""
    found = cells_of(row, place)
    return tuple(found[name] for name in _ORDER)


def about(row: ModelRow, place: Place) -> str:
    """Return all that there is to know of a model beside its name, what matters most first."""
    model = row.model
    window, dollars = model.context_window, prices(model.price_in, model.price_out)
    parts = [
        state(model),
        model.label,
        "" if window is None else f"window {window:,} tokens",
        f"{dollars} a million tokens in/out" if dollars.startswith("$") else dollars,
        " ".join(part for part in (row.endpoint, f"({place.source})" if place.source else "") if part),
        place.note,
    ]
    return SEPARATOR.join(one_line(part) for part in parts if part)
