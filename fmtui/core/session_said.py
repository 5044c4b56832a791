"""What was said in a branch of a session, read from its file while a request is written.

A request needs who said what of every turn and nothing else. Blocks as our writer leaves
them are recognised by their shape, whole: only then is their text what TOML says it is.
Anything else is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import cast

from fmtui.core.chat import Role, Said, Turn
from fmtui.core.errors import StorageError
from fmtui.core.history import Echoes
from fmtui.core.record import NamedTuple
from fmtui.core.session_file import BrokenError, tables
from fmtui.core.session_scan import Entry
from fmtui.core.session_turnfile import PIECE_BYTES

_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A})
"""What TOML refuses in a text; a carriage return is one of a line break, which it changes."""
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_SHORT = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_END = '"""\n'


@cache
def _shape() -> re.Pattern[str]:
    """Return what stands before the text of a turn of ours: every key in its place, every value whole.

    Made when it is first needed. No part of it goes back over what it has matched.
    """
    escape = r'\\(?:[btnfr"\\]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})'
    line = rf'"(?:[^"\\\n]++|{escape})*+"'
    lines = rf'"""\n(?:[^"\\]++|"(?!"")|{escape})*+"""'
    whole = r"-?(?:0|[1-9][0-9]{0,17}+)"
    number = rf"{whole}(?:\.[0-9]++)?(?:e[+-]?[0-9]{{1,4}})?"
    texts = rf"\[(?:{line}(?:, {line})*+)?\]"
    flag = "(?:true|false)"
    other = r"[^\n]++"  # a table in one line, which is parsed by itself
    rows = {
        "endpoint": line,
        "model": line,
        "mode": line,
        "max_tokens": whole,
        "temperature": number,
        "top_p": number,
        "top_k": whole,
        "stop": texts,
        "system": rf"(?:{lines}|{line})",
        "reasoning_effort": line,
        "thinking": rf"(?:{line}|{whole})",
        "send_reasoning": flag,
        "suffix": line,
        "echo": flag,
        "error_behavior": line,
        "use_raw_prompt": flag,
        "body": other,
        "finish_reason": line,
        "outcome": line,
        "prompt_tokens": whole,
        "completion_tokens": whole,
        "total_tokens": whole,
        "reasoning_tokens": whole,
        "usage_estimated": flag,
        "cost": number,
        "first_token_s": number,
        "total_s": number,
        "reasoning_s": number,
        "error_type": line,
        "error_message": line,
        "error_status": whole,
        "error_hint": line,
        "notices": texts,
        "tool_calls": other,
        "reasoning": lines,
    }
    named = {"body", "tool_calls", "echo", "reasoning"}
    optional = "".join(
        rf"(?:(?P<{name}>{name} = {shape}\n))?+" if name in named else rf"(?:{name} = {shape}\n)?+"
        for name, shape in rows.items()
    )
    return re.compile(
        rf'\[\[turns\]\]\nid = "(?P<id>[^"\\\n]++)"\n(?:parent = {line}\n)?+'
        r'role = "(?P<role>system|user|assistant)"\ncreated = (?P<created>[0-9]{4}-[0-9-]{5}T[0-9:.]++Z)\n'
        rf'{optional}text = """\n'
    )


def quick(block: bytes, turn_id: str, *, reasoning: bool = False) -> Said | None:
    """Return what was said in a turn of this id if our writer wrote the block, None if it must be parsed.

    What is returned is what parsing gives; the reasoning only where it is asked for.
    """
    if len(block.translate(None, _CONTROLS)) != len(block):
        return None
    try:
        text = block.decode()
        match = _shape().match(text)
        if match is None or match["id"] != turn_id:
            return None
        datetime.fromisoformat(match["created"])
        for row in (match["body"], match["tool_calls"]):
            if row is not None:
                tables(row.encode())
        end = len(text) - 1 if text.endswith(f"{_END}\n") else len(text)
        if not text.endswith(_END, match.end(), end):
            return None
        said = text[match.end() : end - len(_END)]
        # Three quotes are its end; those before them would be a part of it.
        if '"""' in said or said.endswith(('"', "\\")):
            return None
        said = _unescaped(said)
        row = match["reasoning"] if reasoning else None
        # Its value is what stands between the three quotes and their line breaks.
        thought = "" if row is None else _unescaped(row[row.index("\n") + 1 : -len(_END)])
    except (ValueError, KeyError, BrokenError):
        return None
    echoes = match["echo"] == "echo = true\n"
    return Said(cast("Role", match["role"]), said, thought, echoes)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    """Return the character of an escape; raises what means that it is none of ours."""
    code, short = match.groups()
    if code is None:
        return _SHORT[short]
    if 0xD800 <= (number := int(code, 16)) <= 0xDFFF:
        raise ValueError
    return chr(number)


class Steps(NamedTuple):
    """The turns of one branch."""

    path: Sequence[Entry | Turn]
    """Where each is, or the turn itself where it is in memory alone."""
    first: int = 0
    """The index of the first that is sent."""
    before: str = ""
    """What is sent before that one; empty for nothing."""
    begins: Mapping[int, str] = MappingProxyType({0: ""})
    """The same of all that was ever sent: index of the first turn -> what stood before it."""


class SaidOnPath:
    """What was said in one branch, oldest first; read anew whenever it is gone through.

    What a completion repeats of its prompt is left out.

    Args:
        steps: gives the branch.
        read: gives a part of the file.
        parse: gives one turn the long way.
        reasoning: whether to read the reasoning too.
    """

    def __init__(
        self,
        steps: Callable[[], Steps],
        read: Callable[[int, int], bytes],
        parse: Callable[[str], Turn],
        *,
        reasoning: bool = False,
    ) -> None:
        self._steps = steps
        self._read = read
        self._parse = parse
        self._reasoning = reasoning

    def __iter__(self) -> Iterator[Said]:
        path, first, before, begins = self._steps()
        if before:
            yield Said("user", before)
        echoes: Echoes | None = None
        for index, said in enumerate(self._all(path[first:]), first):
            if said.echoes and echoes is None:  # few do: what it may repeat is read for those alone
                echoes = Echoes(begins)
                for earlier in self._all(path[:index]):
                    echoes.add(earlier)
            yield said if echoes is None else echoes.add(said)

    def _all(self, steps: Sequence[Entry | Turn]) -> Iterator[Said]:
        for piece in _pieces(steps):
            if isinstance(piece, Turn):
                yield self._of(piece)
                continue
            start, data = piece[0].start, b""
            with suppress(OSError):  # parsing will say what is wrong
                data = self._read(start, piece[-1].end)
            for entry in piece:
                said = quick(
                    data[entry.start - start : entry.end - start], entry.id, reasoning=self._reasoning
                )
                yield self._parsed(entry.id) if said is None else said

    def _parsed(self, turn_id: str) -> Said:
        try:
            turn = self._parse(turn_id)
        except StorageError:
            return Said("assistant", "")  # as for whoever reads the conversation, who is told why
        return self._of(turn)

    def _of(self, turn: Turn) -> Said:
        echoes = turn.params is not None and turn.params.echo is True
        return Said(turn.role, turn.text, turn.reasoning if self._reasoning else "", echoes)


def _pieces(steps: Sequence[Entry | Turn]) -> Iterator[list[Entry] | Turn]:
    """Yield the turns in memory as they are, those in the file in groups that are read at once."""
    group: list[Entry] = []
    for step in steps:
        if group and not (
            isinstance(step, Entry)
            and step.start >= group[-1].end
            and step.end - group[0].start <= PIECE_BYTES
        ):
            yield group
            group = []
        if isinstance(step, Entry):
            group.append(step)
        else:
            yield step
    if group:
        yield group
