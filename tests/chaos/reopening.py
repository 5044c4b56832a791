"""The next start of the app, in a terminal of its own: what the user sees of the sessions that are there."""

from __future__ import annotations

from fmtui.core.sessions import SessionStore
from tests.chaos.endpoint import NumberServer
from tests.chaos.rig import LEAVES_S, SIDEBAR, Round, lasting
from tests.terminal import Terminal, clean_environ

COLUMNS, ROWS = 160, 60


def reopen(round_: Round, most: int) -> list[str]:
    """Start the app with each session; return what is not on its screen or not as it should be.

    Args:
        round_: what happened before.
        most: most sessions; of more, so many are taken from all over the list.
    """
    ids = sorted(head.id for head in SessionStore(round_.sessions).heads())
    if not most or not ids:
        return []
    wrong: list[str] = []
    with NumberServer(0) as server:
        for session_id in ids[:: -(-len(ids) // most)]:
            wrong += _start(round_, server, session_id)
    return wrong


def _start(round_: Round, server: NumberServer, session_id: str) -> list[str]:
    through, round_.through, round_.module = round_.through, (), "fmtui"
    command = round_.command(server, "--session", session_id)
    round_.through = through
    wanted, draft = _wanted(round_, session_id)
    with Terminal(command, clean_environ(round_.folder), columns=COLUMNS, rows=ROWS) as terminal:
        try:
            terminal.until(
                lambda t: "max_tokens" in t.text and all(text in _beside(t) for text in [*wanted, draft])
            )
        except AssertionError as error:
            return [f"the next start does not show all of {[*wanted, draft]}: {error}"]
        terminal.type("\x11")
        if terminal.wait(LEAVES_S) != 0:
            return [f"the next start ended with status {terminal.status}"]
        return [f"the next start left the terminal with: {name}" for name in lasting(bytes(terminal.raw))]


def _beside(terminal: Terminal) -> str:
    return "\n".join(row[SIDEBAR:] for row in terminal.screen)


def _wanted(round_: Round, session_id: str) -> tuple[list[str], str]:
    """Return each prompt and the last word of each answer as the disk has them, and the draft's last line."""
    store = SessionStore(round_.sessions)
    session = store.open(session_id, write=False)
    turns = session.all_turns()
    session.close()
    texts = [turn.text if turn.role == "user" else (turn.text.split() or [""])[-1] for turn in turns]
    draft = store.draft(session_id)
    return [text for text in texts if text], draft.rpartition("\n")[2]
