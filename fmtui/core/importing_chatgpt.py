"""Reading ChatGPT's export: a list of conversations, each a tree of messages. Pure.

Its form is not documented and changed over the years, so nothing is relied on: a message of
an unknown kind is left out, and the place says so. What a model did between a prompt and its
answer are messages of their own there, thoughts, calls of tools and what came of them; here
they are one turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fmtui.core.chat import Outcome, Params, Role, ToolCall, Turn
from fmtui.core.export import Document
from fmtui.core.importing_values import Broken, moment_of, refused, text_of

SOURCE = "chatgpt"

_HIDDEN = ("user_editable_context", "model_editable_context", "reasoning_recap", "system_error")
"""Kinds of content that the conversation does not show."""
_ENDS: Mapping[str, tuple[Outcome, str]] = {
    "max_tokens": ("complete", "length"),
    "interrupted": ("stopped", "interrupted"),
}


def from_conversations(tables: Sequence[Mapping[str, Any]]) -> Iterator[Document | Broken]:
    """Yield each conversation."""
    for number, table in enumerate(tables, 1):
        title = text_of(table.get("title")) or f"conversation {number}"
        nodes = table.get("mapping")
        if not isinstance(nodes, dict):
            yield Broken(title, refused(title, "it has no messages"))
            continue
        turns = _Tree(nodes, text_of(table.get("current_node"))).turns()
        if not turns:
            yield Broken(title, refused(title, "no text is left of it", "There is nothing to import."))
            continue
        name = text_of(table.get("conversation_id")) or text_of(table.get("id")) or title
        yield Document(
            f"{SOURCE}:{name}",
            text_of(table.get("title")),
            moment_of(table.get("create_time")),
            turns,
            more={"source": f"{SOURCE}:{name}"},
        )


class _Said:
    """A turn while it is put together."""

    def __init__(self, turn_id: str, role: Role, parent: str) -> None:
        self.id = turn_id
        self.role: Role = role
        self.parent = parent
        self.texts: list[str] = []
        self.thoughts: list[str] = []
        self.calls: list[ToolCall] = []
        self.created: datetime | None = None
        self.model = ""
        self.end: tuple[Outcome, str] = ("complete", "stop")

    def turn(self) -> Turn:
        """Return what it became."""
        is_reply = self.role == "assistant"
        return Turn(
            self.id,
            self.role,
            "\n\n".join(self.texts),
            self.parent,
            self.created or moment_of(None),
            "\n\n".join(self.thoughts),
            Params(model=self.model) if is_reply and self.model else None,
            self.end[0] if is_reply else None,
            self.end[1] if is_reply else None,
            tool_calls=tuple(self.calls),
        )


class _Tree:
    """The messages of one conversation.

    Args:
        nodes: by their ids.
        current: the one that was shown last.
    """

    def __init__(self, nodes: Mapping[str, Any], current: str) -> None:
        self._nodes = {name: node for name, node in nodes.items() if isinstance(node, dict)}
        self._current = self._upwards(current)
        self._children: dict[str, list[str]] = {}
        for name, node in self._nodes.items():
            parent = node.get("parent")
            known = parent if isinstance(parent, str) and parent in self._nodes else ""
            self._children.setdefault(known, []).append(name)

    def _upwards(self, name: str) -> set[str]:
        found: set[str] = set()
        while name in self._nodes and name not in found:
            found.add(name)
            parent = self._nodes[name].get("parent")
            name = parent if isinstance(parent, str) else ""
        return found

    def turns(self) -> list[Turn]:
        """Return the turns, each behind the one that it follows, the branch that was shown last."""
        found: list[_Said] = []
        seen: set[str] = set()
        # From the roots on; what no root leads to follows itself in a loop, and is no less a text.
        for start in (self._sorted(""), *([name] for name in self._nodes)):
            waiting: list[tuple[str, _Said | None]] = [(name, None) for name in start]
            while waiting:
                name, before = waiting.pop()
                if name not in seen:
                    seen.add(name)
                    said = self._taken(name, before, found)
                    waiting += [(child, said) for child in self._sorted(name)]
        return [said.turn() for said in found]

    def _sorted(self, name: str) -> list[str]:
        """Return what follows a message, what is to come first last."""
        children = self._children.get(name, [])
        asked = self._nodes.get(name, {}).get("children")
        names = asked if isinstance(asked, list) else []
        order = {child: at for at, child in enumerate(names) if isinstance(child, str)}
        children = sorted(children, key=lambda child: (child in self._current, order.get(child, -1)))
        return children[::-1]

    def _taken(self, name: str, before: _Said | None, found: list[_Said]) -> _Said | None:
        """Take in a message, as a turn of its own or as more of the one before; return the turn it is in."""
        message = self._nodes[name].get("message")
        if not isinstance(message, dict):
            return before
        role = _named(message.get("author"), "role")
        about = message.get("metadata")
        about = about if isinstance(about, dict) else {}
        content = message.get("content")
        content = content if isinstance(content, dict) else {}
        if about.get("is_visually_hidden_from_conversation") or content.get("content_type") in _HIDDEN:
            return before
        piece = _Said(name, "assistant", before.id if before else "")
        _fill(piece, role, message, content)
        if not (piece.texts or piece.thoughts or piece.calls):
            return before
        is_reply = role not in ("user", "system")
        parent = self._nodes[name].get("parent")
        alone = len(self._children.get(parent if isinstance(parent, str) else "", [])) == 1
        if is_reply and alone and before is not None and before.role == "assistant":
            said = before
            said.texts += piece.texts
            said.thoughts += piece.thoughts
            said.calls += piece.calls
        else:
            said = piece
            said.role = "assistant" if is_reply else "user" if role == "user" else "system"
            found.append(said)
        if role != "tool" or said.created is None:
            said.created = moment_of(message.get("create_time"))
        said.model = text_of(about.get("model_slug")) or said.model
        kind = _named(about.get("finish_details"), "type")
        said.end = _ENDS.get(kind, ("complete", kind or "stop"))
        if message.get("status") == "in_progress":
            said.end = ("interrupted", "")
        return said


def _named(table: object, key: str) -> str:
    return text_of(table.get(key)) if isinstance(table, dict) else ""


def _fill(said: _Said, role: str, message: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    """Put what a message holds where it belongs."""
    kind = text_of(content.get("content_type"))
    recipient = text_of(message.get("recipient"))
    text = text_of(content.get("text"))
    parts = content.get("parts")
    if kind == "thoughts":
        thoughts = content.get("thoughts")
        for thought in thoughts if isinstance(thoughts, list) else ():
            rows = (_named(thought, "summary"), _named(thought, "content"))
            said.thoughts += ["\n".join(row for row in rows if row)] if any(rows) else []
    elif role == "assistant" and recipient not in ("", "all"):
        arguments = text or "\n".join(_parts(parts))
        said.calls += [ToolCall(recipient, arguments)] if arguments else []
    elif kind == "code":
        language = text_of(content.get("language"))
        said.texts += [fenced(text, "" if language == "unknown" else language)] if text else []
    elif role == "tool":
        output = text or "\n".join(_parts(parts))
        name = _named(message.get("author"), "name") or "a tool"
        said.texts += [f"Output of {name}:\n\n{fenced(output)}"] if output.strip() else []
    else:
        texts = [*_parts(parts), *([text] if text else [])]
        texts += ["[a file left out]" for _ in _attachments(message)] if role == "user" else []
        whole = "\n\n".join(texts)
        said.texts += [whole] if whole.strip() else []


def _attachments(message: Mapping[str, Any]) -> Sequence[object]:
    """Return the files that came with a prompt; pictures are parts of it besides."""
    about = message.get("metadata")
    found = about.get("attachments") if isinstance(about, dict) else None
    if not isinstance(found, list):
        return ()
    return [each for each in found if not _named(each, "mime_type").startswith("image/")]


def _parts(parts: object) -> Iterator[str]:
    """Yield the texts of a message, and a word for each part that is none."""
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, str):
            if part:
                yield text_of(part)
        elif isinstance(part, dict):
            kind = text_of(part.get("content_type"))
            found = text_of(part.get("text"))
            what = kind.partition("_")[0] or "part"
            yield found or f"[{'an' if what[:1] in 'aeiou' else 'a'} {what} left out]"


def fenced(text: str, language: str = "") -> str:
    """Return text as a code block, whatever it holds."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{''.join(language.split())}\n{text}\n{fence}"
