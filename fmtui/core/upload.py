"""The body of a request on its way out, a little at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

PIECE_BYTES = 65_536
"""How much is handed to the connection at a time; the limit for writing holds for each."""


class Upload:
    """A body that can be sent again, as when a server asks for a new key first.

    Args:
        pieces: the body; taken out of this list.
    """

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = list(_joined(pieces))
        self.size = sum(map(len, self._pieces))
        """Bytes of the whole."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            for at in range(0, len(piece), PIECE_BYTES):
                yield piece[at : at + PIECE_BYTES]

    def clear(self) -> None:
        """Let go of what was sent."""
        self._pieces.clear()


def _joined(pieces: list[bytes]) -> Iterator[bytes]:
    """Join small pieces, as each that is sent is a round of the loop; no piece is held twice for long."""
    pieces.reverse()
    waiting: list[bytes] = []
    size = 0
    while pieces:
        piece = pieces.pop()
        if size + len(piece) > PIECE_BYTES and waiting:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
        waiting.append(piece)
        size += len(piece)
    if waiting:
        yield b"".join(waiting)
