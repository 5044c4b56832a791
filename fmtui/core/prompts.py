"""Prompts of the user's own: system prompts and templates, one TOML file each, with variables.

A file says a `text`, which goes into the editor, a `system` prompt, or both, and may say what
replies are asked with. Both texts may name variables, `{{name}}`; `{{{{` stands for `{{`. What is
wrong with a file is a problem that names it, and costs that file or that key, nothing else.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from fmtui.core import config_checks as checks
from fmtui.core.config_checks import Checks, Report, UnfitError, nearest
from fmtui.core.config_text import broken_at
from fmtui.core.errors import ConfigError, UsageError
from fmtui.core.parameters import Settings
from fmtui.core.record import NamedTuple, record
from fmtui.core.text import normalised, one_line

MOST_BYTES = 256_000
"""Bytes of a file at most: what is larger was put there by mistake, or is no prompt."""
MOST_FILES = 1000
INPUT = "input"
"""The variable that stands for what was typed behind the prompt's name."""
BUILT_IN = ("date", "time", "endpoint", "model", INPUT)
"""Variables that have a value without being given one."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
_PLACE = re.compile(r"\{\{\{\{|\{\{[ \t]*([A-Za-z_][A-Za-z0-9_-]{0,39})[ \t]*\}\}")


@record
class Variable:
    """One variable of a prompt; the keys that its table may have."""

    name: str
    default: str | None = None
    """What it is when nothing else is said; asked for when left out."""
    choices: tuple[str, ...] = ()
    """What it may be; anything when left out."""
    description: str = ""
    """What it is for, shown where it is asked for."""


@record
class Prompt:
    """One file; the keys that it may have, and where it is."""

    path: Path
    """The file; no key."""
    name: str = ""
    """What it is called, in small letters, digits, `-` and `_`; the file's name when left out."""
    description: str = ""
    """A few words for the list."""
    system: str = ""
    """The system prompt that the session gets."""
    text: str = ""
    """What is put into the editor."""
    variables: tuple[Variable, ...] = ()
    """A table `[variables]`: `name = "default"`, or `name = { default, choices, description }`; a variable
    without a default is asked for, and so is one that only the texts name."""
    params: Settings = field(default_factory=dict)
    """A table `[params]` of parameters, such as `temperature`, and `model` and `endpoint`."""
    endpoint: str = ""
    """The endpoint that replies are asked of; no key."""
    model: str = ""
    """The model that replies are asked of; no key."""

    @property
    def takes_input(self) -> bool:
        """Whether the text has a place for what is typed behind the name."""
        return INPUT in places(self.text)

    def values(self, given: Mapping[str, str], built_in: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that have a value: given ones first, then defaults, then what fmtui knows."""
        defaults = {each.name: each.default for each in self.variables if each.default is not None}
        return {**built_in, **defaults, **given}

    def missing(self, values: Mapping[str, str]) -> list[Variable]:
        """Return the variables that have no value yet, in the order to ask for them."""
        used = dict.fromkeys((*places(self.system), *places(self.text)))
        known = {each.name: each for each in self.variables}
        return [
            known.get(name, Variable(name))
            for name in {**known, **used}
            if name in used and name not in values
        ]


class Prompts(NamedTuple):
    """What a folder holds."""

    prompts: Sequence[Prompt] = ()
    """By name."""
    problems: Sequence[ConfigError] = ()

    def named(self, name: str) -> Prompt | None:
        """Return the prompt of a name; capitals do not matter."""
        return next((each for each in self.prompts if each.name == name.strip().lower()), None)

    def wanted(self, name: str) -> Prompt:
        """Return the prompt of a name.

        Raises:
            UsageError: there is none; the hint has the nearest, or why its file is not used.
        """
        found = self.named(name)
        if found is not None:
            return found
        broken = next((each for each in self.problems if Path(each.file).stem == name), None)
        hint = str(broken) if broken is not None else nearest(name, [each.name for each in self.prompts])
        raise UsageError(
            f"There is no prompt “{one_line(name, 60)}”.",
            hint or "To see what one looks like: fmtui prompts example",
        )


# ---- texts ------------------------------------------------------------------


def places(text: str) -> list[str]:
    """Return the variables that a text names, in their order, each once."""
    return list(dict.fromkeys(found[1] for found in _PLACE.finditer(text) if found[1]))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its variables replaced, once: what a value says is no variable.

    Raises:
        KeyError: a variable has no value.
    """
    return _PLACE.sub(lambda found: values[found[1]] if found[1] else "{{", text)


def check_value(variable: Variable, value: str) -> None:
    """Judge a value.

    Raises:
        ValueError: with a sentence for people, when it is none of the variable's choices.
    """
    if variable.choices and value not in variable.choices:
        raise ValueError(f"{variable.name} must be one of {', '.join(variable.choices)}")


def split_values(prompt: Prompt, words: str) -> tuple[dict[str, str], str]:
    """Return the variables that were typed behind a name, as `name=value`, and the rest of the text.

    A value of several words stands in double quotes. Only names that the prompt has count, and
    only at the start, so that code may hold what looks like one.
    """
    given: dict[str, str] = {}
    known = {each.name for each in prompt.variables} | {*places(prompt.text), *places(prompt.system)}
    known.discard(INPUT)  # it is the rest
    rest = _begun(words)
    while (found := re.match(r'([A-Za-z_][\w-]*)=("([^"]*)"|\S*)(?=\s|$)', rest)) and found[1] in known:
        given[found[1]] = found[2] if found[3] is None else found[3]
        rest = _begun(rest[found.end() :])
    return given, rest.rstrip()


def _begun(text: str) -> str:
    """Return a text without what is blank before it; a first line of its own stays indented."""
    word = text.lstrip()
    blanks = text[: len(text) - len(word)]
    return blanks[blanks.rfind("\n") + 1 :] + word if "\n" in blanks else word


def rendered(prompt: Prompt, values: Mapping[str, str], given: str = "") -> tuple[str, str]:
    """Return the text and the system prompt with all variables replaced, without blank lines at the end.

    Args:
        prompt: the file.
        values: of all variables that it names.
        given: what was typed behind the name: the place of `{{input}}`, else the end of the text.

    Raises:
        KeyError: a variable has no value.
    """
    text = filled(prompt.text, {**values, INPUT: given}).rstrip("\n")
    if given and not prompt.takes_input:
        text = f"{text}\n\n{given}" if text.strip() else given
    return text, filled(prompt.system, {**values, INPUT: ""}).rstrip("\n")


def built_in(endpoint: str, model: str, now: datetime) -> dict[str, str]:
    """Return the variables that fmtui gives a value; those that are not known yet are left out."""
    known = {
        "date": f"{now:%Y-%m-%d}",
        "time": f"{now:%H:%M}",
        "endpoint": endpoint,
        "model": model,
    }
    return {name: value for name, value in known.items() if value}


def layer_of(prompt: Prompt, system: str) -> dict[str, Any]:
    """Return what replies are asked with by a prompt: its parameters, and its system prompt if it has one."""
    return {**prompt.params, **({"system": system} if system.strip() else {})}


# ---- files ------------------------------------------------------------------


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise UnfitError("a name of small letters, digits, - and _, of at most 40")
    return value


def _text(value: object) -> str:
    return normalised(checks.text(value))


def _line(value: object) -> str:
    return " ".join(checks.text(value).split())


PROMPT_KEYS: Checks = {
    "name": _name,
    "description": _line,
    "system": _text,
    "text": _text,
    "variables": checks.table,
    "params": checks.table,
}
"""How each key of a file is judged."""
VARIABLE_KEYS: Checks = {"default": _text, "choices": checks.words, "description": _line}
"""How each key of a variable's table is judged."""
_PARAM_KEYS: Checks = {
    "model": checks.word,
    "endpoint": checks.word,
    **{name: check for name, check in checks.PARAMETER_KEYS.items() if name != "system"},
}


class PromptFolder:
    """The folder of the user's prompts. Its methods may be called from any thread, one at a time."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._known: dict[Path, tuple[tuple[int, ...], Prompt | None, list[ConfigError]]] = {}

    @classmethod
    def beside(cls, config: Path) -> PromptFolder:
        """Return the folder of the prompts that belongs to a configuration file."""
        return cls(config.parent / "prompts")

    def read(self) -> Prompts:
        """Return what the folder holds now; only files that have changed are read again. Never raises."""
        try:
            # What begins with a dot is an editor's, as the link by which Emacs marks what it has open.
            found = self.path.glob("*.toml") if self.path.is_dir() else ()
            files = sorted(path for path in found if not path.name.startswith("."))
        except OSError as error:
            return Prompts((), [_problem(self.path, f"cannot be listed: {error.strerror or error}")])
        problems: list[ConfigError] = []
        if len(files) > MOST_FILES:
            problems.append(
                _problem(self.path, f"holds more than {MOST_FILES} prompts; the others are not read")
            )
        self._known = {path: self._read(path) for path in files[:MOST_FILES]}
        named: dict[str, Prompt] = {}
        for path, (_, prompt, wrong) in self._known.items():
            problems += wrong
            if prompt is None:
                continue
            first = named.setdefault(prompt.name, prompt)
            if first is not prompt:
                message = (
                    f"{path}: the name {prompt.name} is taken by {first.path.name}, so this is not used."
                )
                problems.append(ConfigError(message, "Give it another name.", file=str(path), key="name"))
        return Prompts([named[name] for name in sorted(named)], problems)

    def _read(self, path: Path) -> tuple[tuple[int, ...], Prompt | None, list[ConfigError]]:
        try:
            about = path.stat()
        except OSError as error:
            return (), None, [_problem(path, f"cannot be read: {error.strerror or error}")]
        stamp = about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known
        if not stat.S_ISREG(about.st_mode):
            return stamp, None, [_problem(path, "is no file")]
        if about.st_size > MOST_BYTES:
            size = f"has {about.st_size:,} bytes, more than the {MOST_BYTES:,} that a prompt may have"
            return stamp, None, [_problem(path, size)]
        return stamp, *read_prompt(path)


def read_prompt(path: Path) -> tuple[Prompt | None, list[ConfigError]]:
    """Return the prompt of one file, None when it cannot be used, and what is wrong with it."""
    text = ""
    try:
        text = path.read_bytes()[: MOST_BYTES + 1].decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except OSError as error:
        return None, [_problem(path, f"cannot be read: {error.strerror or error}")]
    except UnicodeDecodeError:
        return None, [_problem(path, "is not UTF-8 text", "Save it as UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        words, line = broken_at(str(error), text)
        where = f"{path}, line {line}" if line else str(path)
        message = f"{where}: this is not TOML: {words}."
        hint = "Text values need quotes; a text of several lines needs three of them."
        return None, [ConfigError(message, hint, file=str(path), line=line)]
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists a thousand deep
        return None, [_problem(path, "holds a value that is too large to read")]
    return _prompt_of(table, Report(path, text, private=True))


def _prompt_of(table: Mapping[str, object], report: Report) -> tuple[Prompt | None, list[ConfigError]]:
    values = report.read(table, (), PROMPT_KEYS)
    name = values.get("name") or report.path.stem.lower().replace(" ", "-")
    if not _NAME.fullmatch(name):
        report.add(
            ("name",),
            "the file's name is no name for a prompt.",
            'Add name = "…": small letters, digits, - and _.',
        )
        return None, report.problems
    params = report.read(values.pop("params", {}), ("params",), _PARAM_KEYS)
    model, endpoint = params.pop("model", ""), params.pop("endpoint", "")
    variables = tuple(_variables(values.pop("variables", {}), report))
    prompt = Prompt(
        path=report.path,
        **{**values, "name": name},
        variables=variables,
        params=params,
        model=model,
        endpoint=endpoint,
    )
    if not (prompt.text.strip() or prompt.system.strip()):
        report.add((), "there is neither text nor system in it.", 'Add text = "…", or system = "…".')
        return None, report.problems
    used = {*places(prompt.text), *places(prompt.system)}
    for each in variables:
        if each.name not in used:
            report.add(
                ("variables", each.name),
                f"nothing uses the variable {each.name}.",
                f"Write {{{{{each.name}}}}} in text or system.",
            )
    if INPUT in places(prompt.system):
        report.add(
            ("system",),
            "{{input}} has a meaning in text only; system gets nothing there.",
            "Use another variable.",
        )
    return prompt, report.problems


def _variables(table: Mapping[str, object], report: Report) -> Iterator[Variable]:
    for name, value in table.items():
        where = "variables", name
        if not _VARIABLE.fullmatch(name):
            report.add(
                where, f"{one_line(name, 60)} is no name for a variable.", "Use letters, digits, - and _."
            )
            continue
        if name in BUILT_IN:
            report.add(where, f"fmtui itself gives {name} its value.", "Use another name.")
            continue
        if isinstance(value, dict):
            yield from _variable(name, report.read(value, where, VARIABLE_KEYS), report)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield Variable(name, normalised(str(value)))
        else:
            report.add(where, "a variable must be a text, its default, or a table.", f'Write {name} = "…".')


def _variable(name: str, values: Mapping[str, object], report: Report) -> Iterable[Variable]:
    variable = Variable(name=name, **values)  # type: ignore[arg-type]  # as their checks return them
    if variable.default is not None and variable.choices and variable.default not in variable.choices:
        report.add(
            ("variables", name, "default"),
            f"the default of {name} is none of its choices.",
            f"Use one of: {', '.join(variable.choices)}.",
        )
        return (Variable(name, None, variable.choices, variable.description),)
    return (variable,)


def _problem(path: Path, what: str, hint: str = "") -> ConfigError:
    return ConfigError(f"{path} {what}.", hint or "It is not used until it is mended.", file=str(path))
