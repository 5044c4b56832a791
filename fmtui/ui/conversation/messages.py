"""What is posted to the conversation; `Conversation` has both classes as its own."""

from __future__ import annotations

from textual.message import Message

from fmtui.core.chat import Event, Turn


class Chunk(Message, bubble=False, namespace="conversation"):
    """Posted to the conversation: what came of a live reply. Unknown turns are ignored.

    While it waits for its turn more can be added to it, so that tokens wait as one message
    however fast they come.

    Args:
        turn_id: of the reply.
        event: what came of it first.
        shows: what `Conversation.shows` was then. A chunk from before a path was shown anew is
            ignored: replies that run are begun again with all that came. None is for any.
    """

    def __init__(self, turn_id: str, event: Event, *, shows: int | None = None) -> None:
        super().__init__()
        self.turn_id = turn_id
        self.shows = shows
        self._events: list[Event] | None = [event]

    def add(self, turn_id: str, event: Event, *, shows: int) -> bool:
        """Add what came next; return False where it has to be posted in a chunk of its own."""
        if self._events is None or (self.turn_id, self.shows) != (turn_id, shows):
            return False
        self._events.append(event)
        return True

    def take(self) -> list[Event]:
        """Return what came; nothing can be added any more."""
        events, self._events = self._events or [], None
        return events


class Ended(Message, bubble=False, namespace="conversation"):
    """Posted to the conversation: what a live reply has become."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self.turn = turn
