"""What the user typed behind `fmtui`, as one value.

The command lines that open the app are mostly empty or short. Those are understood here,
from two tables, as importing argparse and making its parser takes long beside what else is
done before the first frame. Whatever is not plain, a mistake above all, is left to
`fmtui.arguments`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from fmtui.core.record import NamedTuple

if TYPE_CHECKING:  # the values of a conversation take longer to import than all of this
    from fmtui.core.chat import Mode

Command = Literal["", "ask", "models", "sessions", "endpoints", "config", "doctor", "prompts"]
ExportFormat = Literal["md", "json", "toml", "html"]
DryRun = Literal["request", "curl", "python", "json"]


class Options(NamedTuple):
    """The command line, checked. Empty and None mean: not given."""

    command: Command = ""
    """Empty for the full-screen app."""
    action: str = ""
    """What to do with sessions, such as `list`, or with the configuration (`path`)."""
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
    params: Mapping[str, object] = MappingProxyType({})
    """Parameters of requests, by name; checked."""
    mode: Mode | None = None
    session: str = ""
    """Empty for a new session, `latest`, or the id of one."""
    theme: str = ""
    plain: bool = False
    """Whether to talk line by line, without the full screen."""
    mouse: bool = True
    stock_writer: bool = False
    """Whether Textual's own writer is to draw the screen, whatever the configuration says."""
    low_bandwidth: bool = False
    """Whether as little as possible is to be written to the terminal."""
    debug: bool = False
    """Whether the log tells the shapes of answers."""
    json: bool = False
    verbose: bool = False
    """Whether `endpoints` is to tell where each key is, and why it is that one."""
    request: bool = False
    """Whether `doctor` is to make one tiny request of each endpoint, which may be billed."""
    attach: tuple[str, ...] = ()
    """Files to attach to the prompt."""
    code: bool = False
    """Whether only the first code block of the reply of `ask` is to be written."""
    dry_run: DryRun | None = None
    """How the request is to be written instead of sent; None to send it."""
    save: bool = True
    format: ExportFormat | None = None
    """Of an export; by the name of the file, or markdown, when it was not given."""
    output: str = ""
    """The file to export to; empty for standard output."""
    force: bool = False
    """Whether a file may be replaced."""
    all: bool = False
    """Whether to export every branch, or to list archived sessions too."""
    files: tuple[str, ...] = ()
    """What to import; nothing for standard input."""
    template: str = ""
    """The name of the user's prompt that `ask` is to send."""
    variables: tuple[str, ...] = ()
    """The variables of that prompt, each as `NAME=VALUE`."""
    words: tuple[str, ...] = ()
    """A title, or tags."""
    days: int = 30
    """Since how many days what is removed for good was in the trash."""
    again: bool = False
    """Whether to import what is there already."""

    def as_text(self) -> Options:
        """Return them with bytes that are no text in the names of files alone."""
        return self._replace(
            endpoint=_text(self.endpoint),
            model=_text(self.model),
            session=_text(self.session),
            theme=_text(self.theme),
            prompt=self.prompt and _text(self.prompt),
            target=_text(self.target),
            template=_text(self.template),
            variables=tuple(map(_text, self.variables)),
            words=tuple(map(_text, self.words)),
        )


def _text(typed: str) -> str:
    """Return what was typed in UTF-8, whatever the locale took it for."""
    return typed.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "--config": "config",
        "--data-dir": "data_dir",
        "--endpoint": "endpoint",
        "-e": "endpoint",
        "--model": "model",
        "-m": "model",
        "--session": "session",
        "-s": "session",
        "--theme": "theme",
    }
)
"""Options of the app that take any text, and what they set."""
_SWITCHES: Mapping[str, tuple[str, object]] = MappingProxyType(
    {
        "--continue": ("session", "latest"),
        "-c": ("session", "latest"),
        "--no-mouse": ("mouse", False),
        "--plain": ("plain", True),
        "--stock-writer": ("stock_writer", True),
        "--low-bandwidth": ("low_bandwidth", True),
        "--debug": ("debug", True),
    }
)
"""Options of the app that take nothing, and what they set to what."""


def plain_options(argv: Sequence[str]) -> Options | None:
    """Return the options of a command line that is one of the plain ones; None for all others."""
    given: dict[str, object] = {}
    words = iter(argv)
    for word in words:
        if word in _SWITCHES:
            name, value = _SWITCHES[word]
        elif word in _PLAIN:
            name, value = _PLAIN[word], next(words, "")
            if not value or str(value).startswith("-") or not str(value).isascii():  # it may be no text
                return None
        else:
            return None
        if name in given:  # one may exclude the other
            return None
        given[name] = value
    return Options(**given)  # type: ignore[arg-type]  # the tables name its fields


def wants_json(argv: Sequence[str]) -> bool:
    """Return whether a command line, which may be wrong, asks for the JSON lines of `ask`."""
    words = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in words and "ask" in words
