"""The judge: what has to hold after every fault, whichever it was."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from fmtui.core.chat import Turn
from fmtui.core.sessions import Session, SessionStore
from tests.chaos.endpoint import LETTERS, word
from tests.chaos.reopening import reopen
from tests.chaos.rig import Round, lasting

LOST_S = 1.0
"""Seconds of received text that may be missing."""
_LEFT = re.compile(r"\.(lock|live|tmp)$")


@dataclass
class Verdict:
    """What one round cost."""

    wrong: list[str]
    """Every promise that was broken, in words."""
    lost_s: float = 0.0
    """Age of the oldest word that is missing; 0 when none is."""
    lost_bytes: int = 0
    """Bytes of words that are missing."""
    instead: str = ""
    """How the fault was produced where it could not be produced for real."""


def judge(round_: Round, *, starts: int = 4) -> Verdict:
    """Look at the folder as the next start would, and at the bytes that the terminal got.

    Args:
        round_: what happened.
        starts: most sessions that the app is started with to look at them on its screen.
    """
    verdict = Verdict([*round_.notes, *_terminal(round_)], instead=round_.instead)
    log = round_.folder / ".local" / "state" / "fmtui" / "fmtui.log"
    if b"Traceback" in round_.raw or (log.exists() and "Traceback" in log.read_text("utf-8", "replace")):
        verdict.wrong.append("a traceback")
    store = SessionStore(round_.sessions)
    # As they are found, before anything here opens them to write to them.
    verdict.wrong += reopen(round_, starts)
    prompts: list[str] = []
    answers: list[Turn] = []
    drafts: list[str] = []
    for head in sorted(store.heads(), key=lambda head: head.id):
        session = store.open(head.id)
        drafts.append(store.draft(head.id))
        turns = session.all_turns()
        if len({turn.id for turn in turns}) != len(turns):
            verdict.wrong.append("a turn is there twice")
        prompts += [turn.text for turn in turns if turn.role == "user"]
        answers += [turn for turn in turns if turn.role == "assistant" and turn.text]
        verdict.wrong += _goes_on(store, session, turns[-1].id if turns else "")
    if sorted(prompts) != sorted(round_.prompts):
        verdict.wrong.append(f"prompts {prompts} instead of {round_.prompts}")
    if round_.counts:
        _answers(round_, answers, verdict)
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


def _terminal(round_: Round) -> list[str]:
    if not round_.restores:
        return []
    never = [] if b"\x1b[?1049h" in round_.raw else ["the app never took the terminal"]
    return never + [f"the terminal is left with: {name}" for name in lasting(round_.raw)]


def _answers(round_: Round, answers: list[Turn], verdict: Verdict) -> None:
    """Compare what is kept of the answers with what was sent of them; letters tell them apart."""
    kept: defaultdict[str, list[Turn]] = defaultdict(list)
    for turn in answers:
        kept[turn.text[0]].append(turn)
    for number, times in enumerate(round_.sent):
        of_letter = kept[LETTERS[number % len(LETTERS)]]
        _text(round_, number, times, of_letter.pop(0).text if times and of_letter else "", verdict)
    if any(kept.values()):
        verdict.wrong.append("an answer is there that was not sent, or twice")
    for turn in answers:
        timing = turn.timing
        # No round takes a minute; a day would be the clock's.
        if timing is not None and not 0 <= (timing.first_token_s or 0) <= timing.total_s < 60:
            verdict.wrong.append(f"an answer took {timing}")


def _text(round_: Round, number: int, times: list[float], text: str, verdict: Verdict) -> None:
    words = text.split()
    whole = words if text.endswith(" ") or not words else words[:-1]
    if whole != [word(number, index) for index in range(len(whole))]:
        verdict.wrong.append("the text is not the beginning of what was sent")
    missing = times[len(whole) :]
    if missing:
        verdict.lost_s = max(verdict.lost_s, round_.cut_at.get(number, round_.faulted_at) - missing[0])
        verdict.lost_bytes += sum(len(word(number, at)) + 1 for at in range(len(whole), len(times)))


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
