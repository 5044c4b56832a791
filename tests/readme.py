"""Writes the tables of the README that the source already holds.

Run `python -m tests.readme` after a setting, a key or a command has changed; a test fails
until it was run. A table stands between two comments that name it, and nothing outside of
them is touched.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from fmtui.core import config, config_endpoint_keys, config_terminal, config_view, hints, prompts
from fmtui.core.config import CONFIG_KEYS, Config
from fmtui.core.config_checks import PARAMETER_KEYS
from fmtui.core.config_endpoint_keys import ENDPOINT_KEYS, EndpointTable
from fmtui.core.config_models import MODEL_KEYS
from fmtui.core.config_terminal import TERMINAL_KEYS, TerminalTable
from fmtui.core.config_view import VIEW_KEYS, ViewTable
from fmtui.core.parameters import PARAMETERS
from fmtui.ui.commands import COMMANDS

README = Path(__file__).parent.parent / "README.md"

_BLOCK = re.compile(r"<!-- table of ([a-z ]+): .*? -->\n(.*?)<!-- end of \1 -->", re.DOTALL)


def field_docs(source: str, class_name: str) -> dict[str, str]:
    """Return the docstrings below the fields of a dataclass, each as one line."""
    (body,) = (
        node.body
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    docs: dict[str, str] = {}
    for before, after in pairwise(body):
        match before, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(doc))),
            ):
                docs[name] = " ".join(doc.split())
            case _:
                pass
    return docs


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _settings() -> str:
    docs = field_docs(inspect.getsource(config), Config.__name__)
    return table(
        ("Key", "Meaning"), [(f"`{name}`", docs[name]) for name in CONFIG_KEYS if name not in PARAMETER_KEYS]
    )


def _endpoint_keys() -> str:
    docs = field_docs(inspect.getsource(config_endpoint_keys), EndpointTable.__name__)
    rows = []
    for field in fields(EndpointTable):
        numeric = isinstance(field.default, int | float) and not isinstance(field.default, bool)
        default = f" Default: {field.default:g}." if numeric else ""
        rows.append((f"`{field.name}`", docs[field.name] + default))
    assert len(rows) == len(ENDPOINT_KEYS) - len(PARAMETER_KEYS)
    return table(("Key", "Meaning"), rows)


def _parameters() -> str:
    return table(
        ("Name", "Value", "In", "Meaning"),
        [(f"`{each.name}`", each.wanted, " and ".join(sorted(each.modes)), each.help) for each in PARAMETERS],
    )


def _with_defaults(module: ModuleType, of: type[TerminalTable | ViewTable], names: Collection[str]) -> str:
    docs = field_docs(inspect.getsource(module), of.__name__)
    defaults = {field.name: json.dumps(field.default) for field in fields(of) if field.name in names}
    return table(
        ("Key", "Meaning"), [(f"`{name}`", f"{docs[name]} Default: `{defaults[name]}`.") for name in names]
    )


def _keys() -> str:
    rows = [
        (
            ", ".join(command.labels),
            ", ".join(
                f"`/{slash}{f' [{command.argument}]' if command.argument else ''}`"
                for slash in command.slashes
            ),
            command.help,
            f"`{command.id}`",
        )
        for command in COMMANDS
    ]
    return table(("Key", "Typed", "What it does", "Name in `[keys]`"), rows)


def _model_keys() -> str:
    docs = field_docs(inspect.getsource(hints), hints.Hint.__name__)
    return table(("Key", "Meaning"), [(f"`{name}`", docs[name]) for name in MODEL_KEYS])


def _prompt_keys() -> str:
    docs = field_docs(inspect.getsource(prompts), prompts.Prompt.__name__)
    return table(("Key", "Meaning"), [(f"`{name}`", docs[name]) for name in prompts.PROMPT_KEYS])


def _variable_keys() -> str:
    docs = field_docs(inspect.getsource(prompts), prompts.Variable.__name__)
    return table(("Key", "Meaning"), [(f"`{name}`", docs[name]) for name in prompts.VARIABLE_KEYS])


TABLES: Mapping[str, Callable[[], str]] = {
    "settings": _settings,
    "endpoint keys": _endpoint_keys,
    "parameters": _parameters,
    "model keys": _model_keys,
    "terminal keys": lambda: _with_defaults(config_terminal, TerminalTable, TERMINAL_KEYS),
    "view keys": lambda: _with_defaults(config_view, ViewTable, VIEW_KEYS),
    "prompt keys": _prompt_keys,
    "variable keys": _variable_keys,
    "keys": _keys,
}
"""Each table by the name in its comments."""


def rewritten(text: str) -> str:
    """Return the README with every table as the source has it now.

    Raises:
        ValueError: a table is missing, or one is named that there is not.
    """
    found = [match[1] for match in _BLOCK.finditer(text)]
    if sorted(found) != sorted(TABLES):
        raise ValueError(f"README.md has the tables {found}, not {list(TABLES)}")

    def fresh(match: re.Match[str]) -> str:
        name = match[1]
        return (
            f"<!-- table of {name}: written by `python -m tests.readme` -->\n\n"
            f"{TABLES[name]()}\n<!-- end of {name} -->"
        )

    return _BLOCK.sub(fresh, text)


def main() -> None:
    """Rewrite the README where it is out of date."""
    text = README.read_text("utf-8")
    new = rewritten(text)
    if new != text:
        README.write_text(new, "utf-8")
    print("README.md was up to date." if new == text else "README.md has new tables.")


if __name__ == "__main__":
    main()
