"""What a terminal may be shown, and other plain work on text.

Measured with Textual 8.2: ESC and C1 bytes in content pass through to the terminal, so
whoever writes the text could write the clipboard (OSC 52), clear the screen or forge a
link. `printable` is the one gate; what is stored and copied stays the original text.
"""

import re
from collections.abc import Callable, Iterable, Iterator

# Explicit embeddings, overrides and isolates reorder what a reader sees; the marks
# U+200E and U+200F only hint and are left alone, as right-to-left text needs them.
# Patterns are compiled when they are first needed: at the start of the program hardly one is.
_BIDI = "\u202a-\u202e\u2066-\u2069"
_UNSAFE = f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\ud800-\udfff]"
_SURROGATE = "[\ud800-\udfff]"
_BLANKS = r"\s+"

REPLACEMENT = "\ufffd"
MASK = "[hidden]"
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
_CORE = 8
"""Letters of base64 that are as good as never there by chance."""


def _stand_in(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # the Control Pictures block mirrors C0
    if code == 0x7F:
        return "\u2421"
    return REPLACEMENT


def printable(text: str) -> str:
    """Return the text with everything that could act on a terminal made visible.

    Every C0 and C1 control but newline and tab, DEL, bidirectional embeddings, overrides
    and isolates, and lone surrogates (which no terminal encoding can carry) become one
    visible character each, so positions in the text stay the same.
    """
    if text.isprintable() or re.search(_UNSAFE, text) is None:
        return text
    return re.sub(_UNSAFE, _stand_in, text)


def one_line(text: str, limit: int = 200) -> str:
    """Return the text as a single printable line of at most `limit` characters."""
    # Only a little more than can be shown is looked at: titles are made of prompts of any size.
    line = printable(re.sub(_BLANKS, " ", text[: limit * 4]).strip())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rstrip() + "…"


def short_count(number: int) -> str:
    """Return a number of tokens in at most five characters, such as `8K`, `131K` and `1.05M`."""
    if number >= 999_500:
        millions = f"{number / 1_000_000:.{2 if number < 10_000_000 else 0}f}"
        return (millions.rstrip("0").rstrip(".") if "." in millions else millions) + "M"
    return f"{number / 1000:.0f}K" if number >= 1000 else str(number)


def prices(price_in: float | None, price_out: float | None) -> str:
    """Return the dollars for a million tokens in and out, such as `$0.5/1.5`; empty where unknown."""
    if price_in is None and price_out is None:
        return ""
    if not price_in and not price_out and None not in (price_in, price_out):
        return "free"
    shown = ("?" if price is None else f"{price:.4g}" for price in (price_in, price_out))
    return "$" + "/".join(shown)


def money(dollars: float) -> str:
    """Return an amount for people, with the figures that matter: `$0.0042`, `$0.12`, `$1,234.50`."""
    if dollars >= 0.0995:
        return f"${dollars:,.2f}"
    if dollars == 0:
        return "$0"
    if dollars < 0.000_01:
        return "<$0.00001"
    places = next(places for places in range(2, 9) if dollars * 10**places >= 9.95)
    return f"${dollars:.{places}f}"


def in_front_of(text: str, typed: str) -> str:
    """Return an unsent prompt in front of what was typed since, on lines of their own."""
    gap = "\n" if text and typed and not text.endswith("\n") else ""
    return text + gap + typed


_PAGE = "\n\f\n"


def in_pages(texts: Iterable[str]) -> str:
    """Return texts as one that a person can read and `pages_of` part: a form feed is between any two.

    One that begins a line of a text, as in old source files, is doubled.
    """
    return _PAGE.join(re.sub(r"(?m)^\f", "\f\f", text) for text in texts)


def pages_of(text: str) -> list[str]:
    """Return the texts that `in_pages` put together, a text of no other form as it is."""
    return [re.sub(r"(?m)^\f\f", "\f", page) for page in text.split(_PAGE)]


def clipboard_safe(text: str) -> str:
    """Return the text without the bytes that let a paste act on a terminal."""
    return re.sub(_UNSAFE, "", text)


def normalised(text: str) -> str:
    """Return the text as it is stored: line feeds only and no lone surrogate.

    TOML files cannot hold a lone surrogate, and tomli-w would rewrite a CRLF in a
    multi-line string, so both are settled when a turn is made.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return whole_characters(text)


def whole_characters(text: str) -> str:
    """Return the text with the halves of a surrogate pair joined, and U+FFFD for a half that is alone."""
    if text.isascii() or re.search(_SURROGATE, text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def human_size(count: int) -> str:
    """Return a number of bytes, or of characters, for people: `950 B`, `21 kB`, `1.0 MB`."""
    if count < 1_000:
        return f"{count} B"
    return f"{count / 1_000:.0f} kB" if count < 999_500 else f"{count / 1_000_000:.1f} MB"


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return a question for behind a sentence, with the name most like a wrong one; empty without one."""
    import difflib  # noqa: PLC0415 - only a mistake pays for it

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f" Did you mean {close[0]!r}?" if close else ""


def encoded(text: str) -> bytes:
    """Return UTF-8; a lone half of a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole_characters(text).encode()


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret replaced, for text that a server may have echoed a key into.

    An echo may be quoted as it stands in a URL, in JSON, in HTML or in base64: those are replaced too.
    """
    return masker(secrets)(text)


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return what does as `masked` does, for many texts."""
    # Shorter strings would blank out ordinary words.
    long_enough = [secret for secret in secrets if len(secret) >= 4]
    longest_first = sorted({form for secret in long_enough for form in _forms(secret)}, key=len, reverse=True)
    cores = {core for secret in long_enough for core in _base64_cores(secret)}

    def mask(text: str) -> str:
        for form in longest_first:
            text = text.replace(form, MASK)
        for core in cores:
            text = _without_word(text, core)
        return text

    return mask


def _without_word(text: str, core: str) -> str:
    """Return the text without the words of base64 that have something in them."""
    start = text.find(core)
    while start >= 0:
        end = start + len(core)
        while start and text[start - 1] in _BASE64:
            start -= 1
        while end < len(text) and text[end] in _BASE64:
            end += 1
        text = text[:start] + MASK + text[end:]
        start = text.find(core, start + len(MASK))
    return text


def _forms(secret: str) -> Iterator[str]:
    """Yield the ways in which programs write a secret."""
    import html  # noqa: PLC0415 - only an error pays for it
    import json  # noqa: PLC0415 - same
    from urllib.parse import quote, quote_plus  # noqa: PLC0415 - same

    whole = whole_characters(secret)
    yield secret
    for quoted in (quote(whole), quote(whole, safe=""), quote_plus(whole)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)
    yield json.dumps(whole)[1:-1]
    yield json.dumps(whole, ensure_ascii=False)[1:-1]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)


def _base64_cores(secret: str) -> Iterator[str]:
    """Yield what is in base64 of every text that holds a secret, such as a name and a colon before it."""
    from base64 import b64encode, urlsafe_b64encode  # noqa: PLC0415 - only an error pays for it

    content = whole_characters(secret).encode()
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            core = encode(bytes(before) + content).decode()
            # Four letters are three bytes: those at the edges depend on what else is in them.
            core = core[4 if before else 0 : len(core) - 4 if (before + len(content)) % 3 else len(core)]
            if len(core) >= _CORE:
                yield core
