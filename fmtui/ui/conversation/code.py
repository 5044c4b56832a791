"""Code blocks: colours line by line, so that a growing block never lexes a line twice.

Pygments lexes a whole text; here its regular-expression lexers are stopped at each line
break and go on from there, with the state they had. The same is done when a whole answer is
rendered, so both give the same colours. Where a lexer has no such state, each line is lexed
on its own. Comments that a lexer only knows as one expression over several lines are
continued here. Pygments is imported with the first block that names a language.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fmtui.ui.conversation.lines import TAB, Line, Run, fill_runs, joined, prefixed
from fmtui.ui.conversation.parsing import LONG
from fmtui.ui.conversation.styles import Style

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LONGEST_LINE = LONG
"""Characters of a line that is still lexed; longer ones are data, and would hold up the screen."""
BAR: Line = (("│ ", Style.FENCE_BAR),)

_IDLE = 200
"""Matches in a row that take no text; more mean that a lexer goes round in circles."""

_State = tuple[str, ...]


@cache
def _names() -> dict[str, str]:
    """Return the name of the lexer of each alias.

    Asking Pygments for an unknown alias would search all installed packages for plug-ins.
    """
    from pygments.lexers import get_all_lexers  # noqa: PLC0415 - see the module's docstring

    names: dict[str, str] = {}
    for name, aliases, _, _ in get_all_lexers(plugins=False):
        for alias in aliases:
            names.setdefault(alias.lower(), name)
    return names


@cache
def _lexer(language: str) -> Lexer | None:
    name = _names().get(language)
    if name is None:
        return None
    from pygments.lexers import find_lexer_class  # noqa: PLC0415 - see the module's docstring

    found = find_lexer_class(name)
    return None if found is None else found()


@cache
def _style_of(kind: Any) -> int:
    """Return the style of a kind of token."""
    from pygments import token as t  # noqa: PLC0415 - see the module's docstring

    table: tuple[tuple[Any, int], ...] = (
        (t.Comment.Preproc, Style.KEYWORD),
        (t.Comment, Style.COMMENT),
        (t.Keyword, Style.KEYWORD),
        (t.Operator.Word, Style.KEYWORD),
        (t.String, Style.STRING),
        (t.Number, Style.NUMBER),
        (t.Operator, Style.OPERATOR),
        (t.Name.Function, Style.NAME),
        (t.Name.Class, Style.NAME),
        (t.Name.Builtin, Style.NAME),
        (t.Name.Decorator, Style.NAME),
        (t.Name.Exception, Style.NAME),
        (t.Name.Tag, Style.NAME),
        (t.Name.Attribute, Style.NAME),
        (t.Generic.Inserted, Style.INSERTED),
        (t.Generic.Deleted, Style.DELETED),
        (t.Generic.Heading, Style.KEYWORD),
        (t.Generic.Subheading, Style.KEYWORD),
        (t.Generic.Error, Style.DELETED),
    )
    return next((int(style) for parent, style in table if kind in parent), int(Style.FENCE))


class Highlighter:
    """Colours the lines of one code block, one after the other.

    Args:
        info: what stands after the opening fence; its first word names the language.
    """

    def __init__(self, info: str = "") -> None:
        self.lexed = 0
        """How many lines went through a lexer."""
        words = info.replace("{", " ").replace("}", " ").replace(",", " ").split()
        self._lexer = _lexer(words[0].lower().lstrip(".")) if words else None
        self._tables: Any = None
        self._state: _State = ("root",)
        self._in_comment = False
        self._comments = False
        if self._lexer is not None:
            self._prepare(self._lexer)

    def _prepare(self, lexer: Lexer) -> None:
        from pygments.lexer import ExtendedRegexLexer, RegexLexer  # noqa: PLC0415 - see the module's docstring

        if isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer):
            self._tables = getattr(lexer, "_tokens", None)
        whole, _ = self._lex("/* x */", ("root",))
        _, after = self._lex("/* x", ("root",))
        self._comments = whole[:1] == [("/* x */", Style.COMMENT)] and after == ("root",)
        self.lexed = 0

    def line(self, text: str) -> list[Run]:
        """Return the runs of the next line."""
        runs, self._state, self._in_comment = self._next(text)
        return runs

    def peek(self, text: str) -> list[Run]:
        """Return the runs of what may be only the start of the next line."""
        return self._next(text)[0]

    def _next(self, text: str) -> tuple[list[Run], _State, bool]:
        if self._lexer is None or len(text) > LONGEST_LINE:
            return [(text, Style.FENCE)] if text else [], self._state, self._in_comment
        if self._in_comment:
            end = text.find("*/")
            if end < 0:
                return [(text, Style.COMMENT)] if text else [], self._state, True
            runs, state, inside = self._after_comment(text[end + 2 :])
            return joined([(text[: end + 2], Style.COMMENT), *runs]), state, inside
        return self._after_comment(text)

    def _after_comment(self, text: str) -> tuple[list[Run], _State, bool]:
        runs, state = self._lex(text, self._state)
        begin = self._open_comment(text, runs) if self._comments and "/*" in text else -1
        if begin < 0:
            return runs, state, False
        runs, state = self._lex(text[:begin], self._state)
        return joined([*runs, (text[begin:], Style.COMMENT)]), state, True

    @staticmethod
    def _open_comment(text: str, runs: list[Run]) -> int:
        """Return where a comment starts that does not end on its line, or -1."""
        styles = [style for part, style in runs for _ in part]
        start = -1
        while (start := text.find("/*", start + 1)) >= 0:
            if styles[start] == Style.COMMENT:
                begins = not start or styles[start - 1] != Style.COMMENT
                if begins and "*/" not in text[start + 2 :]:
                    return start
            elif styles[start] != Style.STRING:
                return start
        return -1

    def _lex(self, text: str, state: _State) -> tuple[list[Run], _State]:
        """Return the runs of a line, and the lexer's state after it."""
        self.lexed += 1
        lexer = self._lexer
        try:
            if self._tables is not None:
                runs, state = _resumed(lexer, self._tables, text + "\n", state)
            elif lexer is not None:
                runs = [(v, _style_of(kind)) for _, kind, v in lexer.get_tokens_unprocessed(text + "\n")]
            else:
                runs = []
        except Exception:  # noqa: BLE001 - a lexer is others' code; a line without colours is better than none
            runs = []
        runs = _without_break(runs)
        if "".join(part for part, _ in runs) != text:
            return [(text, Style.FENCE)] if text else [], state
        return runs, state


def _without_break(runs: list[Run]) -> list[Run]:
    return joined((text.replace("\n", ""), style) for text, style in runs)


def _resumed(lexer: Any, tables: Any, text: str, state: _State) -> tuple[list[Run], _State]:
    """Lex one line, with its line feed, from a saved state; the loop of Pygments' `RegexLexer`."""
    from pygments.token import _TokenType  # noqa: PLC0415 - see the module's docstring

    stack = list(state)
    rules = tables[stack[-1]]
    position = 0
    idle = 0
    runs: list[Run] = []
    # Rules are not tried at the end of the line: what is there belongs to the next one.
    while position < len(text):
        for match_rule, action, new_state in rules:
            found = match_rule(text, position)
            if not found:
                continue
            if action is not None:
                if type(action) is _TokenType:
                    runs.append((found.group(), _style_of(action)))
                else:
                    runs += [(value, _style_of(kind)) for _, kind, value in action(lexer, found)]
            idle = idle + 1 if found.end() == position else 0
            if idle > _IDLE:
                raise ValueError("a lexer does not get on")
            position = found.end()
            if new_state is not None:
                _change(stack, new_state)
                rules = tables[stack[-1]]
            break
        else:
            if text[position] == "\n":
                stack = ["root"]
                rules = tables["root"]
            runs.append((text[position], Style.FENCE))
            position += 1
    return runs, tuple(stack)


def _change(stack: list[str], new_state: Any) -> None:
    """Apply what a rule says of the states to come."""
    if isinstance(new_state, int):  # a negative number: so many states are left
        if abs(new_state) >= len(stack):
            del stack[1:]
        else:
            del stack[new_state:]
        return
    for name in new_state if isinstance(new_state, tuple) else (new_state,):
        if name == "#pop":
            if len(stack) > 1:
                stack.pop()
        elif name == "#push":
            stack.append(stack[-1])
        else:
            stack.append(name)


def code_line(text: str) -> str:
    """Return a line of code with its tabs as spaces."""
    return text.expandtabs(TAB) if "\t" in text else text


def code_rows(runs: list[Run], width: int) -> list[Line]:
    """Return the rows of one line of code: a bar, then the code, broken where it is full."""
    room = width - 2
    if room < 1:
        return fill_runs(runs, width)
    return prefixed(fill_runs(runs, room), BAR, BAR)


def info_rows(info: str, width: int) -> list[Line]:
    """Return the rows that name the language of a block; none where it has no name."""
    return code_rows([(info, Style.FENCE_INFO)], width) if info else []
