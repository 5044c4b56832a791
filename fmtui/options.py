"""What the user typed behind `fmtui`, as one value.

Only argparse is imported: `--version` and `--help` must answer at once. Common options
are accepted before and after the subcommand: every parser has them and none has
defaults, so a subcommand's parser never hides what stood before it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from fmtui import __version__
from fmtui.core.errors import UsageError

if TYPE_CHECKING:  # the values of a conversation cost more to import than argparse does
    from fmtui.core.chat import Mode

Command = Literal["", "ask", "models", "sessions", "endpoints", "config"]
_T = TypeVar("_T")
ExportFormat = Literal["md", "json", "toml"]


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, checked. Empty and None mean: not given."""

    command: Command = ""
    """Empty for the full-screen app."""
    action: str = ""
    """What to do with sessions (`list`, `show`, `export`, `search`, `path`) or the configuration (`path`)."""
    target: str = ""
    """The session or the text that the action is about."""
    prompt: str | None = None
    """The prompt of `ask`, None when none was typed."""
    piped: bool = False
    """Whether `-` stood there: standard input is the prompt, or the rest of it."""
    config: str = ""
    data_dir: str = ""
    endpoint: str = ""
    model: str = ""
    max_tokens: int | None = None
    mode: Mode | None = None
    session: str = ""
    """Empty for a new session, `latest`, or the id of one."""
    theme: str = ""
    mouse: bool = True
    stock_writer: bool = False
    """Whether Textual's own writer is to draw the screen, whatever the configuration says."""
    system: str | None = None
    temperature: float | None = None
    json: bool = False
    save: bool = True
    format: ExportFormat = "md"


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors like all others: one sentence and a hint."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(argument_default=argparse.SUPPRESS, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        hint = f"See: {self.prog} --help"
        if found := re.match(
            r"argument (\S+): invalid choice: '(.*?)' \(choose from (.*)\)", message, re.DOTALL
        ):
            import difflib  # noqa: PLC0415 - only a mistake pays for it

            argument, given, offered = found.groups()
            choices = re.findall(r"'([^']*)'|([^\s,']+)", offered)
            names = [quoted or plain for quoted, plain in choices]
            message = f"There is no {argument.lower()} “{given}”."
            near = difflib.get_close_matches(given, names, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Choose from: {', '.join(names)}."
            if argument == "COMMAND" and not near:
                hint += f' To send a prompt: fmtui ask "{given}"'
        elif found := re.match(r"unrecognized arguments: (.*)", message, re.DOTALL):
            message = f"This is not understood: {found[1]}"
            if not found[1].startswith("-"):
                hint = "Put a prompt of several words in quotes."
        raise UsageError(message[0].upper() + message[1:], hint)


def _max_tokens(text: str) -> int:
    from fmtui.core.chat import parse_max_tokens  # noqa: PLC0415 - `--version` does without

    return _whole_sentence(parse_max_tokens, "--max-tokens", text)


def _temperature(text: str) -> float | None:
    from fmtui.core.chat import parse_temperature  # noqa: PLC0415 - same

    return _whole_sentence(parse_temperature, "--temperature", text)


def _whole_sentence(parse: Callable[[str], _T], option: str, text: str) -> _T:
    """Convert the text of an option; argparse would bury the sentence of a failure in one of its own."""
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{error}.", f"Given: {option} {text}") from None


def _shared_options() -> _Parser:
    shared = _Parser(add_help=False)
    group = shared.add_argument_group("common options, before or after the command")
    group.add_argument("--config", metavar="FILE", help="read this configuration file")
    group.add_argument("--data-dir", metavar="FOLDER", help="keep sessions in this folder")
    group.add_argument(
        "-e", "--endpoint", metavar="NAME", help="the endpoint to talk to; see: fmtui endpoints"
    )
    group.add_argument("-m", "--model", metavar="NAME", help="the model; see: fmtui models")
    group.add_argument(
        "--max-tokens",
        metavar="N",
        type=_max_tokens,
        help="most tokens a reply may have (2048)",
    )
    group.add_argument(
        "--mode",
        choices=("chat", "completion"),
        help="chat, or completion of the prompt's text; by the model otherwise",
    )
    return shared


def _session_options() -> _Parser:
    session = _Parser(add_help=False)
    either = session.add_mutually_exclusive_group()
    either.add_argument("-s", "--session", metavar="ID", help="go on with this session; see: fmtui sessions")
    either.add_argument(
        "--continue",
        dest="session",
        action="store_const",
        const="latest",
        help="go on with the newest session",
    )
    return session


def _add_ask(commands: Any, shared: _Parser, session: _Parser) -> None:
    ask = commands.add_parser(
        "ask",
        parents=[shared, session],
        help="send one prompt and stream the answer to standard output",
        description="Send one prompt; the answer streams to standard output, the rest to standard error.",
        epilog="Exit status: 0 complete, 1 error, 2 usage or configuration, 3 cut off, 130 stopped.",
    )
    ask.add_argument(
        "prompt",
        nargs="*",
        metavar="PROMPT",
        help="what to send; - for standard input, which is added to a prompt also without it when "
        "something is piped in",
    )
    ask.add_argument("--system", metavar="TEXT", help="the system prompt")
    ask.add_argument("--temperature", metavar="T", type=_temperature, help="from 0 to 2")
    ask.add_argument(
        "--json", action="store_true", help="write one JSON object a line, the last with the end"
    )
    ask.add_argument("--no-save", dest="save", action="store_false", help="keep nothing of this")


def _add_sessions(commands: Any, shared: _Parser) -> None:
    sessions = commands.add_parser(
        "sessions", parents=[shared], help="list, show, export and search sessions"
    )
    actions = sessions.add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
    actions.add_parser("list", parents=[shared], help="list them, newest first (this is the default)")
    show = actions.add_parser("show", parents=[shared], help="print one for reading")
    show.add_argument("target", metavar="ID", help="an id, the start of one, or latest")
    export = actions.add_parser("export", parents=[shared], help="print one for other programs")
    export.add_argument("target", metavar="ID", help="an id, the start of one, or latest")
    export.add_argument("--format", choices=("md", "json", "toml"), help="md is the default")
    search = actions.add_parser("search", parents=[shared], help="find a text in all of them")
    search.add_argument("target", metavar="TEXT", help="the text to find; capitals do not matter")
    actions.add_parser("path", parents=[shared], help="print the folder they are in")


def _parser() -> _Parser:
    shared, session = _shared_options(), _session_options()
    parser = _Parser(
        prog="fmtui",
        parents=[shared, session],
        description="Chat with Databricks Foundation Models and OpenAI-compatible endpoints in the terminal. "
        "Without a command the full-screen app opens.",
    )
    parser.add_argument("--version", action="version", version=f"fmtui {__version__}")
    parser.add_argument("--theme", metavar="NAME", help="the theme of the app")
    parser.add_argument(
        "--no-mouse", dest="mouse", action="store_false", help="leave the mouse to the terminal"
    )
    parser.add_argument(
        "--stock-writer", action="store_true", help="send whole rows to the terminal, not only what changed"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _add_ask(commands, shared, session)
    models = commands.add_parser("models", parents=[shared], help="list the models of an endpoint")
    models.add_argument("--json", action="store_true", help="write a JSON array")
    _add_sessions(commands, shared)
    commands.add_parser("endpoints", parents=[shared], help="list what fmtui can talk to")
    config = commands.add_parser("config", parents=[shared], help="where the configuration is")
    actions = config.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    actions.add_parser("path", parents=[shared], help="print the configuration file's path")
    return parser


def parse(argv: Sequence[str]) -> Options:
    """Return the options of a command line.

    Raises:
        UsageError: it cannot be used as it is.
        SystemExit: help or the version was asked for, and printed.
    """
    given = vars(_parser().parse_args(argv))
    given["command"] = given.get("command") or ""
    if given["command"] == "sessions":
        given["action"] = given.get("action") or "list"
    if words := given.pop("prompt", None):
        given["piped"] = words[-1] == "-"
        words = words[:-1] if given["piped"] else words
        given["prompt"] = " ".join(words) if words else None
    for name in ("endpoint", "model", "session", "config", "data_dir"):
        if given.get(name) == "":
            option = name.replace("_", "-")
            raise UsageError(f"--{option} was given an empty value.", f"See: fmtui {given['command']} --help")
    return Options(**given)


def wants_json(argv: Sequence[str]) -> bool:
    """Return whether a command line, which may be wrong, asks for the JSON lines of `ask`."""
    words = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in words and "ask" in words
