"""Inputs as a broken or hostile server, a torn file or a careless hand would make them."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.servers import D, data, delta, seed

SNIPPETS = (
    *("\x1b]52;c;ZXZpbA==\x07", "\x1b[2J", "\x1bPq#0\x1b\\", "\x1b_Gf=100\x1b\\", "\x1b^pm\x1b\\"),
    *("\x9b31m", "\x9d52;c;eA==\x9c", "\x90q", "\x00", "\x07", "\x08", "\x7f", "\r", "\r\n", "\n", "\x85"),
    *("\u202eevil\u202c", "\u2066\u2069", "\u2028", "\ud800", "\udc00", "\ud83d\ude00", "\ufeff", "\u200b"),
    *(
        "[/x]",
        "[bold]",
        "<think>",
        "</think>",
        "<thi",
        "```",
        "data: ",
        "[DONE]",
        '"""',
        "'''",
        "\\",
        "{",
        "%s",
    ),
    *("\u0660", "５００", "a\u0301", "👩‍👩‍👧", "<title>x</title>", "<pre>", "&#27;", "\U000e0041"),
)
"""Pieces of text that act on terminals, on markup, on parsers."""

texts: SearchStrategy[str] = st.one_of(
    st.sampled_from(SNIPPETS),
    st.lists(st.sampled_from((*SNIPPETS, "word", " ")), max_size=5).map("".join),
    st.text(st.characters(codec=None), max_size=20),
)
numbers = st.one_of(
    st.integers(-2, 3),
    st.sampled_from([10**5, -(10**19), 2**63, 10**400, 500, 429]),
    st.floats(),
)
_KEYS = (
    *("choices", "delta", "message", "messages", "content", "text", "reasoning", "reasoning_content"),
    *("refusal", "tool_calls", "function_call", "function", "name", "arguments", "id", "index", "type"),
    *("finish_reason", "usage", "prompt_tokens", "completion_tokens", "total_tokens", "summary", "thinking"),
    *("error", "error_code", "code", "status", "detail", "loc", "msg", "retry_after", "object", "role"),
    *("x_groq", "completion_tokens_details", "reasoning_tokens", "error_description"),
    *("data", "models", "model", "endpoints", "config", "served_entities", "external_model", "state"),
    *("ready", "task", "mode", "display_name", "provider", "foundation_model", "entity_name"),
)
_WORDS = ("chat", "assistant", "stop", "error", "text", "reasoning", "function", "llm/v1/chat", "READY", "")
leaves: SearchStrategy[object] = st.one_of(
    st.none(), st.booleans(), numbers, texts, st.sampled_from(_WORDS), st.sampled_from(_KEYS)
)
values: SearchStrategy[object] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(_KEYS), texts), inner, max_size=4),
    ),
    max_leaves=10,
)
"""JSON of odd types under the names that servers use."""


def _written(value: object) -> bytes:
    # Half a surrogate pair reaches a client as an escape in the JSON.
    return json.dumps(value).encode()


deep = st.builds(
    lambda opening, closing, depth, middle: (opening * depth + middle + closing * depth).encode(),
    st.sampled_from(["[", '{"a":', '{"choices":[', '{"error":']),
    st.sampled_from(["]", "}", "]}", ""]),
    st.sampled_from([1, 3, 900, 20_000]),
    st.sampled_from(["", "1", '"x"', "9" * 5000]),
)
bodies: SearchStrategy[bytes] = st.one_of(
    values.map(_written),
    deep,
    st.binary(max_size=60),
    texts.map(lambda t: t.encode("utf-8", "surrogatepass")),
)


# ---- streams ------------------------------------------------------------------

_RECORDED = [event.encode() for event in (*seed("chat"), *seed("completion"))]
_deltas = st.dictionaries(
    st.sampled_from(["content", "reasoning_content", "refusal", "tool_calls", "role"]),
    st.one_of(texts, values),
    max_size=2,
).map(lambda fields: data({"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}))
_said = texts.map(lambda text: data({"choices": [{"delta": {"content": text}}]}))


def _mutated(event: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    found = bytearray(event)
    for at, length, new in changes:
        start = at % (len(found) + 1)
        found[start : start + length] = new
    return bytes(found)


_changes = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 6), st.binary(max_size=3)), min_size=1, max_size=3
)
_written_events = st.one_of(
    _deltas,
    _said,
    st.just(delta("stop")),
    st.just(D),
    st.sampled_from(
        [": ping\n\n", "event: error\n", "error: {}\n", "id: 1\n", "retry: 9\n\n", "\n", "data\n\n"]
    ),
).map(lambda text: text.encode("utf-8", "surrogatepass"))
_events: SearchStrategy[bytes] = st.one_of(
    _written_events,
    st.sampled_from(_RECORDED),
    st.builds(_mutated, st.sampled_from(_RECORDED), _changes),
    bodies.map(lambda body: b"data: " + body + b"\n\n"),
    bodies.map(lambda body: b"event: error\ndata: " + body + b"\n\n"),
    st.binary(max_size=12),
)
_ends: tuple[Callable[[bytes], bytes], ...] = (
    lambda stream: stream,
    lambda stream: stream.replace(b"\n", b"\r\n"),
    lambda stream: stream.replace(b"\n", b"\r"),
    lambda stream: b"\xef\xbb\xbf" + stream,
    lambda stream: stream[:-1],
)
streams: SearchStrategy[bytes] = st.one_of(
    st.builds(
        lambda events, end: end(b"".join(events)), st.lists(_events, max_size=6), st.sampled_from(_ends)
    ),
    bodies,
    bodies.map(lambda body: b"\xef\xbb\xbf" + body),
)
"""Bytes of an answer: streams whole and broken, and what is no stream at all."""

MARKS = (
    *(
        "`",
        "```",
        "*",
        "**",
        "_",
        "~~",
        "[",
        "![",
        "](",
        "]",
        ")",
        "<",
        ">",
        "> ",
        "- ",
        "+ ",
        "1. ",
        "#",
        "# ",
    ),
    *(
        "|",
        "|-",
        "-",
        "=",
        ":",
        "\\",
        "&",
        "&#1;",
        "&amp;",
        "https://",
        "http://a.",
        "<a:",
        "@",
        '"',
        " ",
        "   ",
    ),
    *(
        "\t",
        "\n",
        "\n\n",
        "  ",
        "a",
        "word ",
        "\u6f22",
        "\u0301",
        "👩\u200d",
        "\u00ad",
        "é",
        "- [ ] ",
        "~~~\n",
        "1",
    ),
)
bombs: SearchStrategy[str] = st.builds(
    lambda before, again, many, after: before + (again * many)[:8_000] + after,
    st.sampled_from(["", "# a", "> ", "```\n", "| a |\n| - |\n"]),
    st.lists(st.one_of(st.sampled_from(MARKS), texts), min_size=1, max_size=4).map("".join),
    st.sampled_from([1, 40, 1000, 8_000]),
    st.sampled_from(["", "x", "]", "\n\nend", "é"]),
)
"""A few signs of markdown again and again: what nests, what never closes, what is looked for in vain."""

cuts = st.lists(st.integers(0, 2000), max_size=8)


def pieces(content: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at these places, as a network might."""
    ends = sorted({place % (len(content) + 1) for place in places} | {len(content)})
    return [content[a:b] for a, b in zip([0, *ends], ends, strict=False) if a < b]


# ---- terminals ----------------------------------------------------------------

_numbers = st.sampled_from(
    [b"", b"0", b"1", b"27", b"200", b"201", b"1:3", b"97:65:97", b"9" * 40, b"-5", b"<0"]
)
_typed = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"\x1b", b"\x1b[", b"\x1bO", b"\x1b]11;", b"\x1bP1$r", b"\x1b_G", b"\x1b\\", b"\x07"]),
    st.sampled_from(
        [b"\x1b[200~", b"\x1b[201~", b"\x1b[M", b"\x1b[[", b"\x1b[?", b"\x1b[48;", "é👩".encode()]
    ),
    st.builds(
        lambda start, numbers, end: start + b";".join(numbers) + end,
        st.sampled_from([b"\x1b[", b"\x1b[?", b"\x1b[<", b"\x1b[>", b"\x1b\x1b[", b"\x1bO"]),
        st.lists(_numbers, max_size=5),
        st.sampled_from(
            [b"u", b"~", b"A", b"M", b"m", b"R", b"c", b"t", b"$y", b"$", b"^", b"Z", b"\x03", b""]
        ),
    ),
)
typed: SearchStrategy[bytes] = st.lists(_typed, max_size=8).map(b"".join)
"""What a terminal may send, and what it may not."""

# ---- files --------------------------------------------------------------------

_toml_values = st.one_of(
    st.sampled_from(
        [
            *("1", "-1", "0", "1e400", "nan", "inf", "true", "9" * 5000, "0x" + "f" * 5000, "1979-05-27"),
            *("07:32:00", "1979-05-27T07:32:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
            *(
                '"x"',
                '"https://h.example/v1"',
                '"#123456"',
                '"chat"',
                '"""\nlong\n"""',
                "[]",
                "[1, [2]]",
                "{}",
            ),
            *("{a = 1}", "[" * 20_000, "[" * 3000 + "]" * 3000, '"user"', '"assistant"', '"https://[::1"'),
            *(
                '"\\u001b]52;c;eA==\\u0007"',
                '"\\u202e"',
                '"rgb(1,2"',
                '"auto 50%"',
                '"hsl(400,1%,1%)"',
                '"none"',
            ),
        ]
    ),
    texts.map(lambda text: json.dumps(text, ensure_ascii=False)),
    texts,
)


def files(keys: tuple[str, ...], tables: tuple[str, ...], whole: str) -> SearchStrategy[bytes]:
    """Return files that are nearly right.

    Args:
        keys: names that mean something in them.
        tables: headers of theirs.
        whole: one that is right, to be broken.
    """
    name = st.one_of(
        st.sampled_from(keys), texts, texts.map(lambda text: json.dumps(text, ensure_ascii=False))
    )
    row = st.one_of(
        st.builds(lambda key, value: f"{key} = {value}\n", st.sampled_from(keys), _toml_values),
        st.builds(lambda key, value: f"{key} = {value}\n", name, _toml_values),
        st.sampled_from(tables).map(lambda header: f"{header}\n"),
        name.map(lambda inner: f"[{inner}]\n"),
    )
    rows = st.lists(row, max_size=6).map("".join)
    return st.one_of(
        rows.map(_encoded),
        rows.map(lambda more: _encoded(whole + more)),
        st.builds(_mutated, st.just(whole.encode()), _changes),
        st.binary(max_size=40),
    )


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
