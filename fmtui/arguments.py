"""Every command line: its options, its help, and what is said about one that is wrong.

Only argparse is imported: `--version` and `--help` must answer at once. Common options
are accepted before and after the subcommand: every parser has them and none has
defaults, so a subcommand's parser never hides what stood before it.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from fmtui import __version__
from fmtui.core.errors import UsageError
from fmtui.options import Options

_PARAMETER = "parameter "
"""Begins the names of options that set parameters, in what argparse returns."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors like all others: one sentence and a hint.

    Args:
        fill: adds the arguments, once they are needed: to make those of every command takes
            ten milliseconds, and most starts of the app have none.
        settings: as `ArgumentParser` takes them.
    """

    def __init__(self, *, fill: Callable[[_Parser], None] = lambda _: None, **settings: Any) -> None:
        super().__init__(argument_default=argparse.SUPPRESS, allow_abbrev=False, **settings)
        self._fill: Callable[[_Parser], None] | None = fill

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, as `ArgumentParser` does; the way in for the parser of a command, too."""
        self._filled()
        return super().parse_known_args(args, namespace)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write help or version; argparse would not say that it could not."""
        from fmtui.output import Outlet  # noqa: PLC0415 - a command without its help does not write here

        Outlet(file).write(message)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        hint = f"See: {self.prog} --help"
        if found := re.match(
            r"argument (\S+): invalid choice: (.*) \(choose from (.*)\)", message, re.DOTALL
        ):
            import ast  # noqa: PLC0415 - only a mistake pays for it

            from fmtui import misnamed  # noqa: PLC0415 - same

            argument, written, offered = found.groups()
            given = str(ast.literal_eval(written))  # argparse quotes it as Python does
            choices = re.findall(r"'([^']*)'|([^\s,']+)", offered)
            names = [quoted or plain for quoted, plain in choices]
            message = f"There is no {argument.lower()} “{given}”."
            hint = misnamed.hint(argument, given, names, self._below() if argument == "COMMAND" else {})
        raise UsageError(message[0].upper() + message[1:], hint)

    def _below(self) -> dict[str, list[str]]:
        """Return the actions of each command, and the options of the program under an empty name."""
        found = {"": ["--help", "--version"]}
        for command, parser in self._choices().items():
            parser._filled()  # noqa: SLF001 - of this class
            found[command] = list(parser._choices())  # noqa: SLF001 - same
        return found

    def _choices(self) -> dict[str, _Parser]:
        actions = (each for each in self._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001 - argparse has no other way to ask
        return {name: parser for each in actions for name, parser in each.choices.items()}

    def _filled(self) -> None:
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)


class _Parameter(argparse.Action):
    """An option that sets a parameter of requests.

    Every use has a name of its own in the namespace, so that those behind a command are added to
    those before it.
    """

    _uses = itertools.count()

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: Any = None
    ) -> None:
        """Note the option and its text."""
        del parser
        setattr(namespace, f"{_PARAMETER}{next(self._uses)}", (self.dest, option, values))


def _params(uses: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Return the parameters that options set; each use is a name, the option, and its text."""
    from fmtui.core.parameters import BY_NAME, assigned  # noqa: PLC0415 - `--version` does without

    params: dict[str, Any] = {}
    stops: list[str] = []
    for dest, option, text in uses:
        name, value = dest, text
        if dest == "set":
            name, sign, value = text.partition("=")
            if not sign:
                raise UsageError(f"--set needs NAME=VALUE, not “{text}”.", "Such as: --set top_p=0.9")
        try:
            if dest == "system":  # as it stands there, whatever it begins with
                params[dest] = BY_NAME[dest].taken(value)
            else:
                params = assigned(params, name, value)
        except ValueError as error:
            raise UsageError(f"{error}.", f"Given: {option} {text}") from None
        if dest == "stop":
            stops += params["stop"]
            params["stop"] = list(stops)
    return params


def _add_parameters(parser: _Parser) -> None:
    group = parser.add_argument_group("what replies are asked with; see the parameters in the README")
    for option, metavar, words in (
        ("--temperature", "T", "from 0 to 2"),
        ("--top-p", "P", "above 0, at most 1"),
        ("--top-k", "K", "from 1"),
        ("--stop", "TEXT", "a text that ends the reply; may be given several times"),
        ("--system", "TEXT", "the system prompt"),
        ("--reasoning-effort", "LEVEL", "none, minimal, low, medium, high, xhigh or max"),
        ("--thinking", "TOKENS", "tokens to think with, adaptive, or off"),
        ("--set", "NAME=VALUE", "any parameter; body.NAME for a further field of the request"),
    ):
        group.add_argument(option, metavar=metavar, action=_Parameter, help=words)


def _add_shared(parser: _Parser) -> None:
    group = parser.add_argument_group("common options, before or after the command")
    group.add_argument("--config", metavar="FILE", help="read this configuration file")
    group.add_argument("--data-dir", metavar="FOLDER", help="keep sessions in this folder")
    group.add_argument(
        "-e", "--endpoint", metavar="NAME", help="the endpoint to talk to; see: fmtui endpoints"
    )
    group.add_argument("-m", "--model", metavar="NAME", help="the model; see: fmtui models")
    group.add_argument(
        "--max-tokens",
        metavar="N",
        action=_Parameter,
        help="most tokens a reply may have (2048)",
    )
    group.add_argument(
        "--mode",
        choices=("chat", "completion"),
        help="chat, or completion of the prompt's text; by the model otherwise",
    )
    group.add_argument(
        "--debug", action="store_true", help="write the shape of every answer to the log, never its contents"
    )


def _add_session(parser: _Parser) -> None:
    either = parser.add_mutually_exclusive_group()
    either.add_argument("-s", "--session", metavar="ID", help="go on with this session; see: fmtui sessions")
    either.add_argument(
        "-c",
        "--continue",
        dest="session",
        action="store_const",
        const="latest",
        help="go on with the newest session",
    )


def _fill_ask(ask: _Parser) -> None:
    _add_shared(ask)
    _add_parameters(ask)
    _add_session(ask)
    ask.add_argument(
        "prompt",
        nargs="*",
        metavar="PROMPT",
        help="what to send; what is piped in is added to it, and - reads standard input from a terminal too",
    )
    form = ask.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write a JSON object a line, the last with the end")
    form.add_argument(
        "--code", action="store_true", help="write only the first code block of the reply, when it has ended"
    )
    ask.add_argument(
        "--prompt", dest="template", metavar="NAME", help="send this one of your prompts; see: fmtui prompts"
    )
    ask.add_argument(
        "--var",
        dest="variables",
        metavar="NAME=VALUE",
        action="append",
        help="a variable of that prompt; may be given several times",
    )
    ask.add_argument(
        "--attach",
        action="append",
        default=[],
        metavar="FILE",
        help="send a text file or a picture with the prompt; may be given several times",
    )
    ask.add_argument("--no-save", dest="save", action="store_false", help="keep nothing of this")
    form.add_argument(
        "--dry-run",
        choices=("request", "curl", "python", "json"),
        help="send and keep nothing: write the request, without its key, as it is or for others",
    )


def _fill_prompts(prompts: _Parser) -> None:
    _add_shared(prompts)
    actions = prompts.add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
    actions.add_parser("list", fill=_add_shared, help="list your prompts (this is the default)")
    show = actions.add_parser("show", fill=_add_shared, help="print the file of a prompt")
    show.add_argument("target", metavar="NAME", help="the prompt's name")
    actions.add_parser("path", fill=_add_shared, help="print the folder that your prompts are in")
    actions.add_parser("example", fill=_add_shared, help="print a prompt to begin with")


def _fill_models(models: _Parser) -> None:
    _add_shared(models)
    models.add_argument("--json", action="store_true", help="write a JSON array")


def _fill_endpoints(endpoints: _Parser) -> None:
    _add_shared(endpoints)
    endpoints.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="tell how each signs in, where its key is, and what was passed over and why",
    )
    endpoints.add_argument("--json", action="store_true", help="write all of that as a JSON object")


def _fill_sessions(sessions: _Parser) -> None:
    _add_shared(sessions)
    actions = sessions.add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
    from fmtui.session_arguments import add_actions  # noqa: PLC0415 - only what is about sessions needs it

    add_actions(actions, _add_shared)


def _fill_config(config: _Parser) -> None:
    _add_shared(config)
    actions = config.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    actions.add_parser("path", fill=_add_shared, help="print the configuration file's path")


def _fill_doctor(doctor: _Parser) -> None:
    _add_shared(doctor)
    doctor.add_argument("--json", action="store_true", help="write all that was found as a JSON object")
    doctor.add_argument(
        "--request",
        action="store_true",
        help="also ask each endpoint for a word, of 16 tokens at most; that may be billed",
    )


def _fill(parser: _Parser) -> None:
    _add_shared(parser)
    _add_parameters(parser)
    _add_session(parser)
    parser.add_argument("--version", action="version", version=f"fmtui {__version__}")
    parser.add_argument("--theme", metavar="NAME", help="the theme of the app")
    parser.add_argument(
        "--no-mouse", dest="mouse", action="store_false", help="leave the mouse to the terminal"
    )
    parser.add_argument(
        "--plain", action="store_true", help="talk line by line: for screen readers and pipes"
    )
    parser.add_argument(
        "--stock-writer", action="store_true", help="send whole rows to the terminal, not only what changed"
    )
    parser.add_argument(
        "--low-bandwidth",
        action="store_true",
        help="write as little to the terminal as can be: for slow lines",
    )
    _add_commands(parser)


def _add_commands(parser: _Parser) -> None:
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    commands.add_parser(
        "ask",
        fill=_fill_ask,
        help="send one prompt and stream the reply to standard output",
        description="Send one prompt; the reply streams to standard output, the rest to standard error.",
        epilog="Exit status: 0 complete, 1 error, 2 usage or configuration, 3 cut off, 130 stopped.",
    )
    commands.add_parser(
        "models",
        fill=_fill_models,
        help="list the models of an endpoint",
        description="List the models that an endpoint (-e) serves, with all that is known of them.",
    )
    commands.add_parser(
        "sessions",
        fill=_fill_sessions,
        help="list, show, search, export, import and put away sessions",
        description="Without an action: list the sessions, newest first.",
    )
    commands.add_parser(
        "prompts",
        fill=_fill_prompts,
        help="list your own prompts, show one",
        description="Without an action: list your prompts, and what is wrong with their files.",
    )
    commands.add_parser(
        "endpoints",
        fill=_fill_endpoints,
        help="list what fmtui can talk to",
        description="List the endpoints of the configuration, the environment, ~/.databrickscfg and this "
        "machine.",
    )
    commands.add_parser(
        "config",
        fill=_fill_config,
        help="say where the configuration is",
        description="fmtui reads the configuration and never writes it; the README lists its keys.",
    )
    commands.add_parser(
        "doctor",
        fill=_fill_doctor,
        help="examine terminal, files and endpoints, and say what mends what is wrong",
        description="Examine the terminal, the files and every endpoint (-e: only that one), and say what "
        "mends what is wrong.",
        epilog="Exit status: 0 nothing is wrong, warnings aside; 1 something is; 130 stopped.",
    )


def _parser() -> _Parser:
    return _Parser(
        prog="fmtui",
        fill=_fill,
        description="Chat with Databricks Foundation Models and OpenAI-compatible endpoints in the terminal. "
        "Without a command the full-screen app opens.",
    )


def _not_understood(command: str, rest: Sequence[str]) -> UsageError:
    """Return the error of words that no option or argument of a command takes."""
    hint = f"See: fmtui {command} --help".replace("  ", " ")
    if not rest[0].startswith("-"):
        if command == "ask":
            hint = "Put a prompt of several words in quotes."
        elif command in ("models", "doctor"):
            hint = f"To choose an endpoint: fmtui {command} -e {rest[0]}"
    return UsageError(f"This is not understood: {' '.join(rest)}", hint)


_OPTIONS_WITH_A_VALUE = ("endpoint", "model", "session", "theme", "config", "data_dir", "output", "template")


def parse(argv: Sequence[str]) -> Options:
    """Return the options of a command line.

    Raises:
        UsageError: it cannot be used as it is.
        SystemExit: help or the version was asked for, and printed.
    """
    namespace, rest = _parser().parse_known_args(argv)
    given = vars(namespace)
    if rest:
        raise _not_understood(given.get("command") or "", rest)
    uses = [given.pop(name) for name in list(given) if name.startswith(_PARAMETER)]
    if uses:
        given["params"] = _params(uses)
    given["command"] = given.get("command") or ""
    if given.get("dry_run"):
        given["save"] = False
    if given["command"] in ("sessions", "prompts"):
        given["action"] = given.get("action") or "list"
    if words := given.pop("prompt", None):
        given["piped"] = words[-1] == "-"
        words = words[:-1] if given["piped"] else words
        given["prompt"] = " ".join(words) if words else None
    if isinstance(words := given.get("target"), list):
        given["target"] = " ".join(words)
    given["variables"] = tuple(given.get("variables", ()))
    if given["variables"] and not given.get("template"):
        raise UsageError("--var is for a prompt of your own.", "Name it: --prompt NAME; see: fmtui prompts")
    given["attach"] = tuple(given.get("attach", ()))
    given["files"] = tuple(given.get("files", ()))
    given["words"] = tuple(given.get("words", ()))
    for name in _OPTIONS_WITH_A_VALUE:
        if given.get(name) == "":
            option = "prompt" if name == "template" else name.replace("_", "-")
            raise UsageError(f"--{option} was given an empty value.", f"See: fmtui {given['command']} --help")
    return Options(**given).as_text()
