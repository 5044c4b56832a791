"""`fmtui prompts`, and the prompts of the user's own that `fmtui ask` sends."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from fmtui.ask import read_prompt
from fmtui.core.config_checks import nearest
from fmtui.core.errors import StorageError, UsageError
from fmtui.core.prompt_example import EXAMPLE
from fmtui.core.prompts import (
    BUILT_IN,
    INPUT,
    Prompt,
    PromptFolder,
    built_in,
    check_value,
    layer_of,
    places,
    rendered,
)
from fmtui.core.text import printable
from fmtui.listings import columns_of, told_columns, write_line
from fmtui.options import Options
from fmtui.output import Outlet, Streams, note
from fmtui.workbench import Workbench


def run(bench: Workbench, options: Options, out: Outlet, err: Outlet) -> int:
    """Do what `fmtui prompts` was asked to, and return the exit status."""
    folder = PromptFolder.beside(bench.config_path)
    match options.action:
        case "path":
            write_line(str(folder.path), out)
        case "example":
            out.write(EXAMPLE)
        case "show":
            path = folder.read().wanted(options.target).path
            try:
                text = path.read_text("utf-8-sig")
            except OSError as error:
                raise StorageError(f"{path} cannot be read: {error.strerror}.") from error
            out.write(printable(text) if out.is_terminal else text)
        case _:
            _list(folder, out, err)
    return 0


def _list(folder: PromptFolder, out: Outlet, err: Outlet) -> None:
    found = folder.read()
    rows = [(each.name, kind_of(each), _variables(each), each.description) for each in found.prompts]
    if rows or not out.is_terminal:
        out.write(told_columns(("PROMPT", "GIVES", "VARIABLES", "DESCRIPTION"), rows, columns_of(out)))
    if not rows:
        err.write(
            note(
                f"There are no prompts in {folder.path}.", "To see what one looks like: fmtui prompts example"
            )
        )
    for problem in found.problems:
        err.write(note(problem.message, problem.hint))


def kind_of(prompt: Prompt) -> str:
    """Return in a word what a prompt gives."""
    if prompt.text.strip() and prompt.system.strip():
        return "both"
    return "text" if prompt.text.strip() else "system"


def _variables(prompt: Prompt) -> str:
    defaults = {each.name: each.default for each in prompt.variables}
    names = [name for name in _names(prompt) if name not in BUILT_IN or name == INPUT]
    return " ".join(name if defaults.get(name) is None else f"{name}={defaults[name]}" for name in names)


def _names(prompt: Prompt) -> Iterable[str]:
    return dict.fromkeys((*places(prompt.text), *places(prompt.system)))


def templated(bench: Workbench, options: Options, streams: Streams) -> Options:
    """Return the command line of `ask` with what one of the user's prompts makes of it.

    What the command line itself says wins.

    Raises:
        UsageError: there is no such prompt, or a variable of it has no value.
    """
    prompt = PromptFolder.beside(bench.config_path).read().wanted(options.template)
    typed = ""
    if prompt.takes_input or not prompt.text.strip():
        typed, _ = read_prompt(options.prompt, streams.input, piped=options.piped)
    else:
        # Its text is a whole prompt: nothing has to come with it.
        with suppress(UsageError):
            typed, _ = read_prompt(options.prompt, streams.input, piped=options.piped)
    endpoint, model = options.endpoint or prompt.endpoint, options.model or prompt.model
    given = _given(prompt, options.variables)
    values = prompt.values(given, built_in(endpoint, model, datetime.now().astimezone()))
    missing = prompt.missing({**values, INPUT: ""})
    if missing:
        first = missing[0]
        words = f" ({first.description})" if first.description else ""
        choices = f"; one of {', '.join(first.choices)}" if first.choices else ""
        raise UsageError(
            f"The prompt {prompt.name} needs a value for {first.name}{words}{choices}.",
            f"Add: --var {first.name}={first.choices[0] if first.choices else '…'}",
        )
    text, system = rendered(prompt, values, typed)
    return options._replace(
        prompt=text,
        piped=False,
        endpoint=endpoint,
        model=model,
        params={**layer_of(prompt, system), **options.params},
    )


def _given(prompt: Prompt, variables: Iterable[str]) -> dict[str, str]:
    """Return the variables of the command line."""
    known = {each.name: each for each in prompt.variables}
    names = {*known, *_names(prompt)} - {INPUT}
    given: dict[str, str] = {}
    for each in variables:
        name, sign, value = each.partition("=")
        if not sign:
            raise UsageError(f"--var needs NAME=VALUE, not “{each}”.", "Such as: --var language=Go")
        if name not in names:
            raise UsageError(f"The prompt {prompt.name} has no variable “{name}”.", nearest(name, names))
        if name in known:
            try:
                check_value(known[name], value)
            except ValueError as error:
                raise UsageError(f"{error}.", f"Given: --var {each}") from None
        given[name] = value
    return given
