"""An examination as text: for a terminal of any width, and in colours where there are some. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from fmtui.core.doctor import Finding, Level, shown_s
from fmtui.core.record import NamedTuple
from fmtui.core.text import printable

Kind: TypeAlias = Literal["heading", "ok", "note", "warning", "error", "sentence", "line", "blank"]

MARKS: dict[Level, str] = {"ok": "✓", "note": "·", "warning": "!", "error": "✗"}
_NAME = 14
"""Columns of the names."""
_INDENT = 4
_HEADINGS = {
    "versions": "Versions",
    "terminal": "Terminal",
    "files": "Files",
    "configuration": "Configuration",
    "endpoint": "Endpoint",
}
_STYLES: dict[Kind, str] = {"heading": "1", "warning": "1", "error": "1", "line": "1", "note": "2"}
_COLOURS: dict[Kind, str] = {**_STYLES, "warning": "33", "error": "31"}


_ASCII = str.maketrans({"✓": "+", "·": "-", "✗": "x", "×": "x", "…": "...", "“": '"', "”": '"'})


class Row(NamedTuple):
    """One row of text, fit for a terminal."""

    kind: Kind
    text: str


def rows(findings: Sequence[Finding], width: int, heading: str = "") -> Iterator[Row]:
    """Yield the rows of one group of findings, under its heading; nothing for none.

    Args:
        findings: of one area, or of one endpoint, unless they have a heading of their own.
        width: columns that a row may have. Lines that mend something are longer where they have to
            be, as they are to be copied whole; they begin further left before they are.
        heading: what stands above; the area or the endpoint when empty.
    """
    if not findings:
        return
    usual = f"{_HEADINGS[findings[0].area]} {findings[0].endpoint}".rstrip()
    yield Row("heading", _clean(heading or usual))
    for finding in findings:
        of = f"{finding.endpoint}: " if heading and finding.endpoint else ""
        yield from _rows(finding._replace(name=of + finding.name), max(width, 30))
    yield Row("blank", "")


def summary(findings: Sequence[Finding]) -> str:
    """Return in a sentence what all of it comes to."""
    counts = [(sum(each.level == level for each in findings), level) for level in ("error", "warning")]
    told = [f"{count} {level}{'s' * (count > 1)}" for count, level in counts if count]
    if not told:
        return "Nothing is wrong."
    return f"{' and '.join(told)}{'' if counts[0][0] else ', no error'}."


def styled(row: Row, *, colours: bool) -> str:
    """Return a row with the escape sequences of its style; without colours it is bold where it matters."""
    code = (_COLOURS if colours else _STYLES).get(row.kind)
    return f"\x1b[{code}m{row.text}\x1b[0m" if code and row.text else row.text


def ascii_only(text: str) -> str:
    """Return a text with signs in it that every terminal has, in the place of our own."""
    return text.translate(_ASCII)


def _rows(finding: Finding, width: int) -> Iterator[Row]:
    value = _clean(finding.value)
    if finding.took_s is not None:
        value += f" ({shown_s(finding.took_s)})" if value else shown_s(finding.took_s)
    mark, name = MARKS[finding.level], _clean(finding.name)
    indent = 2 + _NAME
    lines = _wrapped(value, width - indent) or [""]
    if len(name) > _NAME - 2 and len(name) + len(value) + 4 <= width:  # such as a profile
        lines = [f"{mark} {name}  {value}".rstrip()]
    elif len(name) > _NAME - 2:  # such as a key of the configuration
        heads = _wrapped(f"{mark} {name}", width)
        lines = [*heads, *(" " * indent + line for line in lines if line)]
    else:
        lines = [f"{mark} {name:{_NAME}}{lines[0]}".rstrip(), *(" " * indent + line for line in lines[1:])]
    for text in lines:
        yield Row(finding.level, text)
    said = f"{finding.sentence} {finding.hint}".strip()
    for text in _wrapped(_clean(said), width - _INDENT):
        yield Row("sentence", " " * _INDENT + text)
    if finding.mend:
        line = _clean(finding.mend)
        yield Row("line", " " * min(_INDENT, max(0, width - len(line))) + line)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _clean(text: str) -> str:
    return printable(" ".join(text.split()))
