"""What the command line hands to the app: everything the app needs, built before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from fmtui.core.chat import Mode, Model
from fmtui.core.config import Config
from fmtui.core.config_terminal import LowBandwidth, WriterName
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import FmtuiError
from fmtui.core.parameters import Settings
from fmtui.core.record import record
from fmtui.core.state import StateFile

if TYPE_CHECKING:  # the first frame does without both, and without the httpx that the client brings
    from pathlib import Path

    from fmtui.core.client import Client
    from fmtui.core.costs import CostFile
    from fmtui.core.doctor_terminal import Terminal
    from fmtui.core.hints import Hint
    from fmtui.core.sessions import SessionStore
    from fmtui.doctor import Examination


def _as_listed(_endpoint: Endpoint, model: Model) -> Model:
    return model


@record
class Setup:
    """Services and choices that the app starts with."""

    config: Config
    endpoints: tuple[Endpoint, ...]
    """What can be talked to, in the order to offer it; never empty."""
    connect: Callable[[], Client]
    """Makes the client; called after the first frame, as it imports httpx."""
    open_store: Callable[[], SessionStore]
    """Makes the store of the sessions; called after the first frame too."""
    state: StateFile
    endpoint: str = ""
    """Name of the endpoint asked for on the command line; empty for none."""
    model: str = ""
    params: Settings = field(default_factory=dict)
    """The parameters on the command line, for the first session."""
    mode: Mode | None = None
    session: str = ""
    """Empty for a new session, `latest`, or the id of one."""
    theme: str = ""
    mouse: bool = True
    said: frozenset[str] = frozenset()
    """Which of the settings the command line has set, by name."""
    writer: WriterName = "lean"
    """What writes to the terminal: what differs, or whole rows as Textual does."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """The environment variables: they tell what kind of terminal there is."""
    low_bandwidth: LowBandwidth = "auto"
    """Whether to write as little as possible to the terminal; `auto` finds out whether it is slow."""
    debug: bool = False
    """Whether the log tells the shapes of answers."""
    close_to_others: Callable[[], Iterable[FmtuiError]] = tuple
    """Keeps other users out of what fmtui keeps, and tells where it cannot; called after the first frame."""
    look_again: Callable[[], tuple[Sequence[Endpoint], Sequence[FmtuiError]]] | None = None
    """Reads what is offered, and what is wrong with it, anew; None where nothing can have changed."""
    examine: Callable[[Terminal, bool], Examination] | None = None
    """Prepares an examination, given what is known of the terminal and whether models are asked."""
    hinted: Callable[[Endpoint, Model], Model] = _as_listed
    """Adds to a listed model what is known of it otherwise, such as its window and price."""
    known: Callable[[Endpoint, str, Model | None], Hint] | None = None
    """Returns what is known of a model, given what its server's list says; None where nothing is."""
    open_costs: Callable[[], CostFile] | None = None
    """Gives the file with what replies cost; None where that is not kept."""
    problems: tuple[FmtuiError, ...] = ()
    """What was wrong with the configuration; the app opens all the same and says so."""

    @property
    def log_path(self) -> Path:
        """Where the log is: beside the state."""
        return self.state.path.with_name("fmtui.log")

    @property
    def models_path(self) -> Path:
        """Where the lists of models are kept: there too."""
        return self.state.path.with_name("models.json")
