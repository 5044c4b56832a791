"""A session as one HTML page that needs nothing else: no script, and no address is fetched.

Whatever a text says, it is text here: raw HTML in it is shown as it was written, links lead
only where a browser may safely go, and the page forbids itself everything but its own style
and the pictures that it holds: those that were attached to prompts.
Each turn carries all that is known of it in an attribute, so that the page can be imported.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fmtui.core.attachments import address_of, without_digests
from fmtui.core.chat import Turn
from fmtui.core.export import Document, branches, head_of, notes, pictures_of, plain, speaker
from fmtui.core.text import one_line, printable, whole_characters

HEAD_NAME = "fmtui-session"
"""Name of the `meta` element with what is said of the whole session."""
TURN_ATTRIBUTE = "data-fmtui-turn"

_SAFE = ("http://", "https://", "mailto:")
_LONGEST = 500_000
"""Characters of a text that is laid out; a longer one is shown as it was written."""
_STYLE = """
:root { color-scheme: light dark; --text: #1c1d21; --dim: #5d616b; --page: #fcfcfb; --box: #f1f1ee;
  --line: #d9d9d4; --link: #0b5cad; --you: #e8eef7; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e4e0; --dim: #a2a6b0; --page: #17181b;
  --box: #222429; --line: #393c43; --link: #8ab8f0; --you: #1f2a3a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 50rem; color: var(--text);
  background: var(--page); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; }
a { color: var(--link); }
article { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1rem; }
article > h2 { font-size: 1rem; margin: 0 0 .5rem; }
article.user > .text { background: var(--you); border-radius: .4rem; padding: .1rem .9rem; }
.text h1, .text h2, .text h3, .text h4 { font-size: 1.1rem; margin: 1.2em 0 .4em; }
.about, .date, .note, summary { color: var(--dim); font-size: .875rem; }
details { border-left: 3px solid var(--line); margin: .5rem 0; padding: 0 .9rem; }
pre, code { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: .3rem; overflow-x: auto;
  padding: .7rem .9rem; }
:not(pre) > code { background: var(--box); border-radius: .2rem; padding: .1em .3em; }
pre.whole { white-space: pre-wrap; }
figure { margin: .8rem 0; }
figure img { display: block; max-width: 100%; max-height: 40rem; height: auto; border-radius: .3rem; }
figcaption { color: var(--dim); font-size: .875rem; }
blockquote { border-left: 3px solid var(--line); color: var(--dim); margin: .7rem 0; padding-left: .9rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; }
.right { text-align: right; } .center { text-align: center; }
@media print { body { max-width: none; } pre { white-space: pre-wrap; } }
"""


def to_html(document: Document, fetch: Callable[[str], bytes | None] | None = None) -> str:
    """Return the session as a whole page.

    Args:
        document: the session.
        fetch: returns the picture that is kept under a digest, None where there is none.
    """
    digest = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    pictures = _Pictures(fetch or (lambda _: None))
    turns = list(_turns(document.turns, pictures))
    images = "img-src data:; " if pictures.shown else ""
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; {images}base-uri 'none'; form-action 'none'"
    title = one_line(document.title) or document.id
    rows = [
        "<!DOCTYPE html>",
        '<html lang="">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="generator" content="fmtui">',
        f'<meta name="{HEAD_NAME}" content="{_data(head_of(document))}">',
        f"<title>{_shown(title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<h1>{_shown(title)}</h1>",
        f'<p class="date">{document.created:%Y-%m-%d %H:%M} UTC</p>',
        "</header>",
        "<main>",
        *turns,
        "</main>",
        "</body>",
        "</html>",
    ]
    return whole_characters("\n".join(rows)) + "\n"


class _Pictures:
    """The pictures of a page, each in it once."""

    def __init__(self, fetch: Callable[[str], bytes | None]) -> None:
        self._fetch = fetch
        self.shown: set[str] = set()
        """The digests of those that are in the page."""

    def of(self, turn: Turn) -> Iterator[str]:
        """Yield the pictures that were attached to a turn; one that is not there is named."""
        for each in pictures_of([turn]):
            name, facts = _shown(one_line(each.name)), _shown(each.facts)
            if each.digest in self.shown:
                yield f'<p class="note"><a href="#p{each.digest}">{name}</a> is shown above</p>'
                continue
            picture = self._fetch(each.digest)
            address = "" if picture is None else address_of(picture)
            if not address:
                yield f'<p class="note">The picture {name} is gone or cannot be read</p>'
                continue
            self.shown.add(each.digest)
            yield f'<figure id="p{each.digest}"><img alt="{name}" src="{address}">'
            yield f"<figcaption>{name} · {facts}</figcaption></figure>"


def _turns(turns: Sequence[Turn], pictures: _Pictures) -> Iterator[str]:
    numbers = {turn.id: number for number, turn in enumerate(turns, 1)}
    for turn, before in zip(turns, branches(turns), strict=True):
        place = f'id="t{numbers[turn.id]}" class="{turn.role}"'
        yield f'<article {place} {TURN_ATTRIBUTE}="{_data(plain(turn))}">'
        yield f"<h2>{_shown(speaker(turn))}</h2>"
        if before is not None:
            follows = _shown(one_line(without_digests(before.text), 60) or speaker(before))
            yield f'<p class="note">Follows: <a href="#t{numbers[before.id]}">{follows}</a></p>'
        if turn.reasoning:
            yield f"<details><summary>Reasoning</summary>{_laid_out(turn.reasoning)}</details>"
        if turn.text:
            # Who types a line ends it where it ends.
            is_prompt = turn.role == "user"
            text = without_digests(turn.text) if is_prompt else turn.text
            yield f'<div class="text">{_laid_out(text, breaks=is_prompt)}</div>'
        yield from pictures.of(turn)
        for call in turn.tool_calls:
            called = _shown(f"{call.name}({call.arguments})")
            yield f'<pre class="whole"><code>{called}</code></pre>'
        for note in notes(turn)[len(turn.tool_calls) :]:
            yield f'<p class="note">{_shown(note)}</p>'
        yield f'<p class="about">{_shown(" · ".join(_about(turn)))}</p>'
        yield "</article>"


def _about(turn: Turn) -> Iterator[str]:
    """Yield date, endpoint, tokens, cost and time, as far as they are known."""
    yield f"{turn.created:%Y-%m-%d %H:%M:%S} UTC"
    params, usage, timing = turn.params, turn.usage, turn.timing
    if params is not None:
        yield from filter(None, (params.model, params.endpoint))
    about = "~" if usage is not None and usage.estimated else ""
    if usage is not None and usage.prompt_tokens is not None:
        yield f"{about}{usage.prompt_tokens:,} tokens in"
    if usage is not None and usage.completion_tokens is not None:
        yield f"{about}{usage.completion_tokens:,} tokens out"
    if usage is not None and usage.reasoning_tokens:
        yield f"{about}{usage.reasoning_tokens:,} of reasoning"
    if turn.cost is not None:
        yield f"{about}${turn.cost:.4f}"
    if timing is not None:
        yield f"{timing.total_s:.1f} s"


def _data(value: object) -> str:
    return escape(json.dumps(value))  # everything but ASCII is escaped: no control character is left


def _shown(text: str) -> str:
    return escape(printable(text))


# ---- markdown ---------------------------------------------------------------


def _laid_out(text: str, *, breaks: bool = False) -> str:
    """Return markdown as HTML that does nothing, on request with the line breaks of its paragraphs."""
    if len(text) > _LONGEST:
        return f'<pre class="whole">{_shown(text)}</pre>'
    options = {"html": False, "xhtmlOut": False, "breaks": breaks}
    parser = MarkdownIt("commonmark", options).enable(["strikethrough", "table"])
    tokens = parser.parse(printable(text))
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            # The policy of the page takes no style from an attribute.
            align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if align in {"right", "center"}:
                token.attrs["class"] = align
        if token.children:
            token.children = list(_tame(token.children))
    return str(parser.renderer.render(tokens, parser.options, {}))


def _tame(children: Iterable[Token]) -> Iterator[Token]:
    """Yield what stands in a line, with links that lead somewhere safe and without pictures."""
    tag = "a"  # of the link that is open; none is ever in another
    for token in children:
        if token.type == "image":
            opened = _link(str(token.attrs.get("src", "")))
            picture = Token("text", "", 0, content=f"[picture: {token.content or 'no name'}]")
            yield from (opened, picture, Token("link_close", opened.tag, -1))
        elif token.type == "link_open":
            opened = _link(str(token.attrs.get("href", "")))
            tag = opened.tag
            yield opened
        elif token.type == "link_close":
            token.tag = tag
            yield token
        else:
            yield token


def _link(target: str) -> Token:
    if not _is_safe(target):
        return Token("link_open", "span", 1)
    return Token("link_open", "a", 1, attrs={"href": target, "rel": "noopener noreferrer"})


def _is_safe(target: str) -> bool:
    return target.lower().startswith(_SAFE)
