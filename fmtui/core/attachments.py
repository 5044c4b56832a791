"""What can be attached to a prompt: the text of a file, or a picture. Pure: bytes in, values out.

A text is part of the prompt: named in its place, said at the end, so that a session file
holds all that was sent and anything can ask it again. A picture is named in the prompt with
the digest of its content, under which its bytes are kept beside the sessions.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from itertools import islice

from fmtui.core.errors import UsageError
from fmtui.core.record import NamedTuple
from fmtui.core.text import human_size, normalised, one_line

MOST_TEXT = 1_000_000
"""Bytes of a text: about 250,000 tokens."""
MOST_PICTURE = 3_700_000
"""Bytes of a picture: 5 MB as base64, beyond which servers refuse one."""

_DIGEST = 16
"""Digits of a digest that are written; nobody but the user chooses what is attached."""
_PICTURE = re.compile(r"⟦([^⟦⟧\n]*?) · ((?:PNG|JPEG|GIF|WebP) [^⟦⟧\n]*?) · #([0-9a-f]{16})⟧")
_KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WebP": "image/webp"}
_FENCE = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
_SAID = re.compile(r"\n\nAttached file `([^`\n]+)`:\n\n(`{3,})\w{0,12}\n")
"""Begins what is said of a file, up to its first line."""
_TRIES = 100
"""Places that are looked at for the first file; a text may be full of what looks like one."""


class Attachment(NamedTuple):
    """One file, ready to be attached."""

    name: str
    """As people and models are told it, in one line."""
    mention: str
    """What stands in the prompt in its place."""
    said: str = ""
    """What stands at the end of the prompt; empty for a picture."""
    picture: bytes = b""
    """The bytes of a picture; empty for a text."""
    digest: str = ""
    """Under which they are kept."""
    facts: str = ""
    """How much text it is, for its label."""


class Named(NamedTuple):
    """One picture, as a prompt names it."""

    name: str
    facts: str
    """What kind of picture it is said to be, and how large."""
    digest: str

    @property
    def type(self) -> str:
        """What it is said to be, as a media type."""
        return _KINDS[self.facts.partition(" ")[0]]


def attachment(name: str, data: bytes, size: int = 0) -> Attachment:
    """Return a file as what is attached of it.

    Args:
        name: its path as the user wrote it.
        data: all its bytes, or more of its first ones than may be attached.
        size: how many bytes it has where these are not all.

    Raises:
        UsageError: it is empty, too large, or neither text nor a picture.
    """
    name = re.sub(r"[⟦⟧`]", "'", one_line(name, 200))
    if not data:
        raise UsageError(f"{name} is empty.", "")
    size = max(size, len(data))
    kind = picture_kind(data)
    if kind:
        if size > MOST_PICTURE:
            raise UsageError(
                f"{name} has {human_size(size)}; a picture may have {human_size(MOST_PICTURE)}.",
                "Make it smaller.",
            )
        digest = digest_of(data)
        mention = f"⟦{name} · {kind} {human_size(size)} · #{digest}⟧"
        return Attachment(name, mention, picture=data, digest=digest)
    if size > MOST_TEXT:
        raise UsageError(
            f"{name} has {human_size(size)}; a text may have {human_size(MOST_TEXT)}.", "Attach a part of it."
        )
    text = _text(name, data)
    return Attachment(name, f"`{name}`", said_of(name, text), facts=_facts(size, text))


def said_of(name: str, text: str) -> str:
    """Return the text of an attached file as it stands at the end of a prompt, in a fence of its own."""
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(text))])
    kind = re.search(r"\.(\w{1,12})$", name)
    end = "" if text.endswith("\n") else "\n"
    return f"Attached file `{name}`:\n\n{fence}{kind[1] if kind else ''}\n{text}{end}{fence}"


def attached_to(prompt: str) -> tuple[str, list[Attachment]]:
    """Return a prompt without the texts that are said at its end, and these as they were attached."""
    for first in islice(_SAID.finditer(prompt), _TRIES):
        found: list[Attachment] = []
        begin: re.Match[str] | None = first
        while begin is not None:
            name, fence = begin.groups()
            # No line of the text begins with as long a fence: the first one that does ends it.
            end = prompt.find(f"\n{fence}", begin.end() - 1) + 1
            text = prompt[begin.end() : end]
            after = end + len(fence)
            if end == 0 or prompt[begin.start() + 2 : after] != said_of(name, text):
                break
            facts = _facts(len(text.encode("utf-8", "surrogatepass")), text)
            found.append(Attachment(name, f"`{name}`", prompt[begin.start() + 2 : after], facts=facts))
            if after == len(prompt):
                return prompt[: first.start()], found
            begin = _SAID.match(prompt, after)
    return prompt, []


def attach_all(prompt: str, files: list[Attachment]) -> str:
    """Return a prompt with files that it does not mention: named behind it, said at its end."""
    named = " ".join(file.mention for file in files)
    said = [file.said for file in files if file.said]
    return "\n\n".join(part for part in (prompt.rstrip("\n"), named, *said) if part)


def picture_kind(data: bytes) -> str:
    """Return what kind of picture these bytes begin; empty for none that models take."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    return "WebP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def digest_of(data: bytes) -> str:
    """Return the digest under which a picture is kept."""
    return sha256(data).hexdigest()[:_DIGEST]


def pictures_of(text: str) -> list[str]:
    """Return the names of the pictures in a prompt."""
    return [picture.name for picture in named_in(text)]


def named_in(text: str) -> list[Named]:
    """Return the pictures that a prompt names, each as often as it does."""
    return [Named(*match.groups()) for match in _PICTURE.finditer(text)] if "⟦" in text else []


def without_digests(text: str) -> str:
    """Return a prompt as people want to read it: its pictures named, without what they are kept under."""
    return _PICTURE.sub(r"⟦\1 · \2⟧", text) if "⟦" in text else text


def address_of(picture: bytes) -> str:
    """Return a picture as an address that holds its data, typed by its bytes; empty for what is none."""
    kind = picture_kind(picture)
    return f"data:{_KINDS[kind]};base64,{b64encode(picture).decode()}" if kind else ""


class Pictures:
    """The pictures of one request, fetched while it is written.

    Args:
        fetch: returns the bytes that are kept under a digest; None where there are none.
        sees: whether the model takes pictures; where it does not, they are named only.
    """

    def __init__(self, fetch: Callable[[str], bytes | None], *, sees: bool = True) -> None:
        self._fetch = fetch
        self._sees = sees
        self.missing: dict[str, None] = {}
        """Names of those that are not there any more."""
        self.sent = 0
        """How many were sent, each time that the request was written."""

    def split(self, text: str) -> tuple[str, list[str]]:
        """Return what a prompt says, and its pictures as addresses that hold their data."""
        found: dict[str, str] = {}

        def named(match: re.Match[str]) -> str:
            name, _, digest = match.groups()
            data = self._fetch(digest) if self._sees and digest not in found else None
            address = address_of(data) if data is not None and digest_of(data) == digest else ""
            if address:
                self.sent += 1
                found[digest] = address
            elif self._sees and digest not in found:
                self.missing[name] = None
            return f"[{name}]" if digest in found else f"[{name}: a picture that cannot be shown here]"

        return _PICTURE.sub(named, text), list(found.values())

    def lost(self) -> str:
        """Return the sentence about pictures that could not be sent; empty where there is none."""
        if not self.missing:
            return ""
        names = ", ".join(self.missing)
        there = "are no pictures" if len(self.missing) > 1 else "is no picture"
        return f"{names} {there} any more, so the model gets the name alone; attach it again to send it."

    def doubt(self) -> str:
        """Return what to try when a server refuses the request; empty where it had no picture."""
        return "There are pictures in this; the model may not take any." * bool(self.sent)


def _text(name: str, data: bytes) -> str:
    """Return the text of a file.

    Raises:
        UsageError: it is none.
    """
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError(
            f"{name} is neither text in UTF-8 nor a PNG, JPEG, GIF or WebP picture.",
            "Turn it into one of these first.",
        )
    return normalised(text)


def _facts(count: int, text: str) -> str:
    lines = text.count("\n") + (not text.endswith("\n"))
    return f"{human_size(count)} · {lines:,} {'line' if lines == 1 else 'lines'}"
