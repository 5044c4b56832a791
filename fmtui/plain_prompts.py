"""The user's own prompts in the plain mode, and the session's system prompt."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fmtui.core.errors import UsageError
from fmtui.core.prompts import (
    INPUT,
    Prompt,
    PromptFolder,
    built_in,
    check_value,
    layer_of,
    rendered,
    split_values,
)
from fmtui.core.text import one_line
from fmtui.plain_input import MORE, YOU

if TYPE_CHECKING:
    from fmtui.plain_talk import Plain


def is_named(plain: Plain, word: str) -> bool:
    """Return whether the user has a prompt of that name."""
    return PromptFolder.beside(plain.bench.config_path).read().named(word) is not None


def slashes(plain: Plain) -> list[str]:
    """Return what each of the user's prompts is called by."""
    return [f"/{each.name}" for each in PromptFolder.beside(plain.bench.config_path).read().prompts]


def use(plain: Plain, argument: str) -> None:
    """Ask with a prompt of the user's: its name, its variables, and what it is about; without one, list them.

    Raises:
        UsageError: there is none of that name, or something has no value.
    """
    found = PromptFolder.beside(plain.bench.config_path).read()
    if not argument:
        for problem in found.problems:
            plain.note(problem.message, problem.hint)
        for each in found.prompts:
            plain.say(f"{each.name}: {one_line(each.description) or one_line(each.text or each.system, 60)}")
        if not found.prompts:
            plain.say("There are no prompts. To see what one looks like: fmtui prompts example")
        return
    name, _, words = argument.partition(" ")
    prompt = found.wanted(name)
    given, rest = split_values(prompt, words)
    values = _values(plain, prompt, given)
    if prompt.takes_input and not rest:
        raise UsageError(f"{prompt.name} needs a text behind its name.", f"Such as: /{prompt.name} olive oil")
    text, system = rendered(prompt, values, rest)
    if prompt.endpoint or prompt.model:
        plain.choose(endpoint=prompt.endpoint, model=prompt.model)
    layer = layer_of(prompt, system)
    if layer:
        plain.session.configure({**plain.settings, **layer})
        plain.options = plain.options._replace(params={})
    if "system" in layer:
        plain.say(f"The system prompt of {prompt.name} is this session's now; /unset system undoes that.")
    if text.strip():
        first, *more = text.split("\n")
        plain.say("\n".join([YOU + first, *(MORE + line for line in more)]))
        plain.send(text)


def system(plain: Plain, argument: str) -> None:
    """Set the session's system prompt: a text, or the name of a prompt that has one; without either, say it.

    Raises:
        UsageError: there is no such prompt, or it has none.
    """
    if not argument:
        params = plain.wait(plain.next_request()).params
        plain.say(f"The system prompt:\n{params.system}" if params.system else "No system prompt is sent.")
        return
    text = argument
    if " " not in argument:
        prompt = PromptFolder.beside(plain.bench.config_path).read().wanted(argument)
        if not prompt.system.strip():
            raise UsageError(f"{prompt.name} has no system prompt.", f"/prompt {prompt.name} uses it.")
        text = rendered(prompt, _values(plain, prompt, {}))[1]
    plain.session.configure({**plain.settings, "system": text})
    plain.options = plain.options._replace(params={})
    plain.say("The system prompt is set for this session; /unset system undoes that.")


def _values(plain: Plain, prompt: Prompt, given: dict[str, str]) -> dict[str, str]:
    """Return a value for each variable.

    Raises:
        UsageError: one has none, or one that does not fit.
    """
    endpoint, params, *_ = plain.wait(plain.next_request())
    now = datetime.now().astimezone()
    values = prompt.values(
        given, built_in(prompt.endpoint or endpoint.name, prompt.model or params.model, now)
    )
    missing = [each.name for each in prompt.missing({**values, INPUT: ""})]
    if missing:
        example = " ".join(f"{name}=…" for name in missing)
        raise UsageError(f"{prompt.name} has no value for {', '.join(missing)}.", f"/{prompt.name} {example}")
    for each in prompt.variables:
        try:
            check_value(each, values.get(each.name, ""))
        except ValueError as error:
            raise UsageError(f"{error}.", "") from None
    return values
