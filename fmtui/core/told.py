"""What the body of an error says, whatever its shape: JSON of a dozen kinds, a page, or text. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fmtui.core.foreign_json import number_in, read_json

_MAX_PAGE = 16_384
"""Characters of a web page that are searched for a title."""

_CODE_PREFIX = re.compile(r"([A-Z][A-Z_]{3,}): (.*)", re.DOTALL)
# What never ends is looked for once, and not from every place where it may begin.
_PRE = re.compile(r"<pre[^<>]*>", re.IGNORECASE), re.compile("</pre>", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]*>", re.IGNORECASE), re.compile("</title>", re.IGNORECASE)
_TAG = re.compile(r"<(?:script|style)\b(?:.*?</(?:script|style)\s*>|.*)|<[^<>]*>", re.DOTALL | re.IGNORECASE)
PAGE = re.compile(
    r"\s*<(?:!doctype html|!--|\?xml"
    r"|(?:html|head|body|title|meta|link|style|script|h[1-6]|p|pre|div|span|center|table|font|b|hr|br)[\s/>])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What an error body says, whatever its shape."""

    message: str = ""
    code: str = ""
    retry_after_s: float | None = None
    status: int | None = None


def told_by(text: str) -> Told:
    """Return what an error body says: JSON of any known shape, HTML, or plain text."""
    stripped = text.strip().removeprefix("\ufeff")
    if stripped[:1] in ("{", "["):
        try:
            value = read_json(stripped)
        except (ValueError, RecursionError):
            return Told(stripped)
        told = told_in(value)
        return told if told.message else Told(stripped, told.code, told.retry_after_s, told.status)
    if PAGE.match(stripped):
        return Told(page_text(stripped))
    match = _CODE_PREFIX.fullmatch(stripped)
    return Told(match[2], match[1]) if match else Told(stripped)


def told_in(value: object, *, unwrap: bool = True) -> Told:
    """Return what a JSON error says; an error inside its message is unwrapped once."""
    if isinstance(value, list):
        value = next((entry for entry in value if isinstance(entry, Mapping)), None)
    if not isinstance(value, Mapping):
        return Told(value if isinstance(value, str) else "")
    inner = value.get("error")
    if isinstance(inner, list):
        inner = next((entry for entry in inner if isinstance(entry, Mapping)), _text(inner))
    part: Mapping[str, object] = inner if isinstance(inner, Mapping) else value
    message = next(
        (
            found
            for found in (
                _text(part.get("message")),
                inner if isinstance(inner, str) else "",
                _text(value.get("message")),
                _text(part.get("error")) if part is not value else "",
                _detail(part.get("detail")),
                _detail(value.get("detail")),
                _text(value.get("error_description")),
            )
            if found
        ),
        "",
    )
    codes = (value.get("error_code"), part.get("code"), part.get("type"))
    code = next((str(found) for found in codes if found and isinstance(found, str | int)), "")
    told = Told(message, code, seconds_in(part.get("retry_after", value.get("retry_after"))), _status(part))
    if unwrap and message[:1] in ("{", "["):
        try:
            deeper = told_in(read_json(message), unwrap=False)
        except (ValueError, RecursionError):
            return told
        if deeper.message:
            return Told(deeper.message, deeper.code or told.code, told.retry_after_s, told.status)
    return told


def page_text(text: str) -> str:
    """Return what a web page says: its first preformatted text, else its title, else its words."""
    if len(text) > _MAX_PAGE:
        text = text[:_MAX_PAGE].rsplit(maxsplit=1)[0]  # half a word may be half a key, which none would mask
    for opening, closing in (_PRE, _TITLE):
        begin = opening.search(text)
        end = closing.search(text, begin.end()) if begin else None
        if begin and end and (found := _TAG.sub(" ", text[begin.end() : end.start()]).strip()):
            return html.unescape(found)
    return html.unescape(_TAG.sub(" ", text)).strip()


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("message")
    if isinstance(value, list):
        value = "; ".join(filter(None, (_text(entry) for entry in value[:5] if not isinstance(entry, list))))
    return value.strip() if isinstance(value, str) else ""


def _detail(value: object) -> str:
    """Return FastAPI's `detail`: a text, or a list of fields that are wrong."""
    if not isinstance(value, list):
        return _text(value)
    parts: list[str] = []
    for entry in value:
        if isinstance(entry, Mapping) and isinstance(entry.get("msg"), str):
            place = entry.get("loc")
            where = ".".join(str(step) for step in place) if isinstance(place, list) else ""
            parts.append(f"{where}: {entry['msg']}" if where else entry["msg"])
        elif isinstance(entry, str):
            parts.append(entry)
    return "; ".join(parts)


def _status(part: Mapping[str, object]) -> int | None:
    for value in (part.get("code"), part.get("status")):
        if isinstance(value, int | str) and re.fullmatch(r"[1-5]\d\d", str(value)[:4]):
            return int(value)
    return None


def seconds_in(value: object) -> float | None:
    """Return a positive, finite number of seconds from a number or text."""
    number = number_in(value)
    return number if number is not None and 0 < number < 1e9 else None


def request_id_of(headers: Mapping[str, str]) -> str:
    """Return what support staff ask for, also out of `server-timing`; names of headers are in lower case."""
    given = headers.get("x-request-id", "") or headers.get("request-id", "")
    if given:
        return given
    for entry in headers.get("server-timing", "").split(","):
        name, _, values = entry.strip().partition(";")
        if re.search("request.?id$", name, re.IGNORECASE):
            described = re.search(r'(?:^|;) *desc *= *"?([\w.:/+-]+)', values, re.IGNORECASE)
            return described[1] if described else ""
    return ""
