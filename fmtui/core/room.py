"""The room that a request has in the model's window, and what could be left out of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from fmtui.core.chat import Params, Said, Turn, TurnList, Usage
from fmtui.core.context import Context, Cut, told_window
from fmtui.core.text import money, short_count

if TYPE_CHECKING:  # both are imported when they are first needed
    from fmtui.core.hints import Hint
    from fmtui.core.sessions import Session

_MOST, _LEAST = 1024, 256
"""Tokens that a summary may have: an eighth of the window between these."""
_SUMMARISER = "You summarise conversations faithfully, briefly and without comment."
_INSTRUCTION = (
    "Summarise the conversation so far, so that it can go on from the summary alone. Keep facts, names, "
    "numbers, decisions, open questions, and code that is still needed. Write the summary and nothing else."
)


class Room:
    """What one request has, or the next. Made in a thread: it looks at the whole path.

    Args:
        session: what is said is read from it.
        params: what is asked with.
        prompt: what is asked; its parent is the last turn of the history.
        window: of the model; None where it is not known.
        refused: what a server said that refused the request as too long; empty when none did.
        halve: whether about half is to be left out, although nothing overflows.
    """

    def __init__(
        self,
        session: Session,
        params: Params,
        prompt: Turn,
        window: int | None,
        *,
        refused: str = "",
        halve: bool = False,
    ) -> None:
        self._session = session
        self._params = params
        self.leaf = prompt.parent
        self.path = session.path_to(self.leaf) if self.leaf else TurnList()
        found = session.cut_of(self.leaf) if self.leaf else None
        cut, self.first = found or (None, 0)
        self.summary = "" if cut is None else cut.summary
        """What is sent in place of the turns before the first; empty for nothing."""
        system = params.system if params.mode == "chat" else ""
        before = system if cut is None else system + cut.said
        self._context = Context(self.path, self.first, None if cut is None else cut.since, system=before)
        self._prompt = prompt.text
        self._prompt_id = prompt.id
        self._answer = params.max_tokens
        self._window = window = (told_window(refused) if refused else None) or window
        self.summary_tokens = _MOST if window is None else min(_MOST, max(_LEAST, window // 8))
        """Most tokens that a summary may have."""
        self.load = self._context.load(prompt=self._prompt, answer=self._answer, window=window)
        # What is only looked at is not looked through: that takes turns from the file.
        needed = self.load.overflows or refused or halve
        aim = self._aim(refused=bool(refused), halve=halve) if needed else None
        self.drop = None if aim is None else self._begin(aim)
        """The index of the first turn to send when as few as needed are left out; None when none helps."""
        self.summarise = None if aim is None else self._begin_after_summary(aim)
        """The index of the first turn that is not summarised; None when that is not possible."""

    def _aim(self, *, refused: bool, halve: bool) -> int:
        """Return the window that what is left shall fit into."""
        tokens, answer, window = self.load.tokens, self._answer, self._window
        if halve:
            return answer + tokens // 2
        if window is None or (refused and not self.load.overflows):
            return answer + tokens * 3 // 4  # the server counts otherwise
        return window

    def _begin(self, aim: int) -> int | None:
        begin = self._context.first_that_fits(
            prompt=self._prompt, answer=self._answer, window=aim, is_prompt=self._is_prompt
        )
        return begin if begin is not None and begin > self.first else None

    def _is_prompt(self, index: int) -> bool:
        return self.path[index].role == "user"

    def _begin_after_summary(self, aim: int) -> int | None:
        """A summary costs a request: more than needed is summed up, so that it lasts for a while."""
        spare = aim - self._answer - self.summary_tokens
        begins = [self._begin(self._answer + room) for room in (spare // 2, spare)]
        able = [begin for begin in begins if begin is not None and self._can_be_asked(begin)]
        # As it was said: the last exchange at least, if that can be.
        return next((begin for begin in able if begin < len(self.path)), able[0] if able else None)

    def _can_be_asked(self, begin: int) -> bool:
        tokens = self._tokens_before(begin) + len(_INSTRUCTION) // 4 + self.summary_tokens
        return self._window is None or tokens <= self._window

    def _tokens_before(self, begin: int) -> int:
        return max(0, self._context.load(answer=0, window=None).tokens - self.tokens_from(begin, prompt=""))

    def tokens_from(self, begin: int, prompt: str | None = None) -> int:
        """Return about how many tokens are sent when a turn is the first."""
        text = self._prompt if prompt is None else prompt
        return self._context.load(prompt=text, answer=0, window=None, first=begin).tokens

    @property
    def summary_request(self) -> int:
        """About how many tokens the request for a summary has."""
        return 0 if self.summarise is None else self._tokens_before(self.summarise) + len(_INSTRUCTION) // 4

    def summary_usage(self) -> Usage:
        """Return what a summary takes at most."""
        return Usage(self.summary_request, self.summary_tokens)

    # ---- shortening

    def to_summarise(self) -> tuple[Params, list[Said]]:
        """Return with what to ask for a summary of the oldest turns, and what to send; reads them."""
        assert self.summarise is not None  # noqa: S101 - nobody asks for what is not possible
        count = self.summarise - self.first + bool(self.summary)
        oldest = list(islice(self._session.said_to(self.leaf), count))
        params = replace(
            self._params,
            system=_SUMMARISER,
            max_tokens=self.summary_tokens,
            stop=(),
            suffix="",
            echo=None,
            send_reasoning=None,
        )
        return params, [*oldest, Said("user", _INSTRUCTION)]

    def begin(self, index: int, summary: str = "") -> None:
        """Send the conversation from a turn on, and a summary, or the one before, in place of the others.

        Raises:
            FmtuiError: the session could not be written.
        """
        first = self.path.id_of(index) if index < len(self.path) else self._prompt_id
        self._session.begin_history(Cut(first, datetime.now(UTC), summary or self.summary))

    # ---- in words

    def on_drop(self) -> str:
        """Return what leaving out the oldest turns means."""
        left = 0 if self.drop is None else self.tokens_from(self.drop)
        return f"They stay here and in the file, and are not sent any more; ~{short_count(left)} tokens are."

    def on_summary(self, hint: Hint | None) -> str:
        """Return what summarising the oldest turns means, with its price where that is known."""
        dollars = None if hint is None else hint.cost(self.summary_usage())
        price = "" if dollars is None else f", about {money(dollars)}"
        return (
            f"One request to the model now, of ~{short_count(self.summary_request)} tokens{price}. "
            "The summary is kept, shown, and sent in their place."
        )

    def words(self) -> str:
        """Return how full it is, as sentences."""
        load, about = self.load, "about " if self.load.guessed else ""
        whole = f"The conversation has {about}{load.tokens:,} tokens, and max_tokens is {load.answer:,}."
        return f"{whole} The model's window has {load.window:,}." if load.window else whole

    def taken(self) -> str:
        """Return how many tokens the history has."""
        about = "~" if self.load.guessed else ""
        share = self.load.share
        part = "" if share is None else f" · {share:.0%} of the window".replace("%", " %")
        told = "guessed from its length" if self.load.guessed else "as the server counted"
        return f"{about}{self.load.tokens:,} tokens{part}, {told}"

    def sent(self) -> str:
        """Return which turns are sent."""
        count = len(self.path)
        if not self.first:
            return f"all {count:,} turns" if count else "nothing yet"
        place = ", a summary in their place" if self.summary else ""
        return (
            f"{count - self.first:,} of {count:,} turns; the {self.first:,} oldest are left out{place}. "
            "/whole sends them again."
        )

    def window(self, model: str) -> str:
        """Return how large the model's window is, or where to say it."""
        if self.load.window is None:
            return f'not known; [models."{model or "NAME"}"] window = … in the configuration says it'
        return f"{self.load.window:,} tokens, for prompt and reply together"


def summary_in(turn: Turn) -> str:
    """Return the summary that a reply is; empty where it is none, as it is not whole."""
    return turn.text.strip() if turn.outcome == "complete" else ""


def oldest(count: int) -> str:
    """Return so many turns in words, as a sentence begins."""
    return "The oldest turn" if count == 1 else f"The {count:,} oldest turns"


def begun(count: int, *, summarised: bool) -> str:
    """Return that so many turns are not sent any more."""
    place = "; the summary is sent in their place" if summarised else ""
    are, them = ("is", "it") if count == 1 else ("are", "them")
    return f"{oldest(count)} {are} left out of what is sent{place}. /whole sends {them} again."
