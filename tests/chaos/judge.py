"""The judge: what has to hold after every fault, whichever it was."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fmtui.core.chat import Turn
from fmtui.core.sessions import Session, SessionStore
from tests.chaos.rig import Round

LOST_S = 1.0
"""Seconds of received text that may be missing."""

MODES = {
    "alternate screen": (b"\x1b[?1049h", b"\x1b[?1049l"),
    "mouse": (b"\x1b[?1000h", b"\x1b[?1000l"),
    "mouse motion": (b"\x1b[?1003h", b"\x1b[?1003l"),
    "mouse positions": (b"\x1b[?1006h", b"\x1b[?1006l"),
    "hidden cursor": (b"\x1b[?25l", b"\x1b[?25h"),
    "bracketed paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
}
"""What the app turns on in a terminal, and how it is turned off."""

_LEFT = re.compile(r"\.(lock|live|tmp)$")


@dataclass
class Verdict:
    """What one round cost."""

    wrong: list[str]
    """Every promise that was broken, in words."""
    lost_s: float = 0.0
    """Age of the oldest word that is missing; 0 when none is."""


def judge(round_: Round) -> Verdict:
    """Look at the folder as the next start would, and at the bytes that the terminal got."""
    verdict = Verdict([*round_.notes, *_terminal(round_)])
    log = round_.folder / ".local" / "state" / "fmtui" / "fmtui.log"
    if b"Traceback" in round_.raw or (log.exists() and "Traceback" in log.read_text("utf-8", "replace")):
        verdict.wrong.append("a traceback")
    store = SessionStore(round_.sessions)
    prompts: list[str] = []
    answered = False
    drafts: list[str] = []
    for head in store.heads():
        session = store.open(head.id)
        drafts.append(store.draft(head.id))
        turns = session.all_turns()
        if len({turn.id for turn in turns}) != len(turns):
            verdict.wrong.append("a turn is there twice")
        prompts += [turn.text for turn in turns if turn.role == "user"]
        for turn in turns:
            if turn.role == "assistant" and round_.counts:
                answered = True
                _text(round_, turn, verdict)
        verdict.wrong += _goes_on(store, session, turns[-1].id if turns else "")
    if sorted(prompts) != sorted(round_.prompts):
        verdict.wrong.append(f"prompts {prompts} instead of {round_.prompts}")
    if round_.sent and round_.counts and not answered:
        verdict.lost_s = round_.faulted_at - round_.sent[0]
    # A prompt that was never answered goes back above it.
    if round_.draft and not any(draft.endswith(round_.draft) for draft in drafts):
        verdict.wrong.append(f"the draft is gone: {drafts}")
    if list(round_.sessions.glob("*.damaged-*")):
        verdict.wrong.append("a session file was damaged")
    left = [path.name for path in round_.sessions.rglob("*") if _LEFT.search(path.name)]
    if left:
        verdict.wrong.append(f"left over: {left}")
    if verdict.lost_s > LOST_S:
        verdict.wrong.append(f"{verdict.lost_s:.2f} s of text lost")
    return verdict


def lasting(raw: bytes) -> list[str]:
    """Return what is still turned on in a terminal that got these bytes."""
    return [name for name, (on, off) in MODES.items() if raw.rfind(on) > raw.rfind(off)]


def _terminal(round_: Round) -> list[str]:
    if not round_.restores:
        return []
    never = [] if b"\x1b[?1049h" in round_.raw else ["the app never took the terminal"]
    return never + [f"the terminal is left with: {name}" for name in lasting(round_.raw)]


def _text(round_: Round, turn: Turn, verdict: Verdict) -> None:
    """Compare what is kept of a reply with what was sent of it."""
    words = turn.text.split()
    whole = words if turn.text.endswith(" ") or not words else words[:-1]
    if whole != [f"w{number}" for number in range(len(whole))]:
        verdict.wrong.append("the text is not the beginning of what was sent")
    missing = round_.sent[len(whole) :]
    if missing:
        verdict.lost_s = max(verdict.lost_s, round_.faulted_at - missing[0])


def _goes_on(store: SessionStore, session: Session, parent: str) -> list[str]:
    """Write a turn, and read it back as another start would."""
    if session.read_only:
        session.close()
        return [f"session {session.id} is taken by {session.owner}, which is dead"]
    session.append(Turn("after-all", "user", "and on", parent))
    session.close()
    again = store.open(session.id)
    try:
        found = [turn.text for turn in again.all_turns() if turn.id == "after-all"]
    finally:
        again.close()
    return [] if found == ["and on"] else ["what is written after it is not there"]
