"""Comparing the replies to a prompt: what the command about it needs of a session."""

from __future__ import annotations

from fmtui.core.chat import Turn
from fmtui.core.record import NamedTuple
from fmtui.core.sessions import Session
from fmtui.ui.chat_leads import asked_and_answer


class Replies(NamedTuple):
    """The replies to one prompt."""

    prompt: Turn
    turns: tuple[Turn, ...]
    """In the order of their numbers."""
    shown: int
    """Which of them is in the branch that is shown, counted from 0."""


def replies_at(session: Session, end: str, at: str) -> Replies | None:
    """Return the replies to a prompt; None where there is none.

    Args:
        session: has them.
        end: the last turn of the branch that is shown.
        at: one of these replies in it, or the prompt; empty for the last.
    """
    if end and at:
        path = session.path_to(end)
        at = next((path.id_of(n + 1) for n in range(len(path) - 1) if _is_prompt(path[n], at)), at)
    prompt, answer = asked_and_answer(session, at or end)
    if prompt is None or answer is None:
        return None
    siblings = session.siblings(answer.id)
    return Replies(prompt, tuple(map(session.turn, siblings)), siblings.index(answer.id))


def _is_prompt(turn: Turn, turn_id: str) -> bool:
    return turn.id == turn_id and turn.role == "user"
