"""What the plain mode tells and changes of what is sent: the room it takes, and files to attach."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.chat import Turn
from fmtui.core.context import Cut
from fmtui.core.text import one_line

if TYPE_CHECKING:
    from fmtui.core.chat import Params
    from fmtui.plain_talk import Plain
    from fmtui.ui.chat_room import Room


def show_context(plain: Plain, _argument: str) -> None:
    """Say how much of the model's window the conversation takes."""
    room, endpoint, params = _room(plain)
    for name, said in (
        ("model", f"{one_line(params.model, 80)} at {one_line(endpoint)}"),
        ("window", room.window(params.model)),
        ("taken", room.taken()),
        ("reply", f"max_tokens {params.max_tokens:,}"),
        ("sent", room.sent()),
    ):
        plain.say(f"{name}: {said}")


def shorten(plain: Plain, _argument: str) -> None:
    """Leave about half of what is sent out, the oldest turns; none is lost."""
    room, _, _ = _room(plain, halve=True)
    index = room.drop
    if index is None or index >= len(room.path):
        plain.say("There is nothing that could be left out.")
        return
    plain.session.begin_history(Cut(room.path.id_of(index), datetime.now(UTC), room.summary))
    oldest = "The oldest turn is" if index == 1 else f"The {index:,} oldest turns are"
    plain.say(f"{oldest} left out of what is sent. /whole sends all again.")


def send_whole(plain: Plain, _argument: str) -> None:
    """Send the whole conversation again."""
    path = plain.session.path_to()
    leaf = path.id_of(len(path) - 1) if len(path) else ""
    found = plain.session.cut_of(leaf) if leaf else None
    if found is None or not found[1]:
        plain.say("All of the conversation is sent already.")
        return
    plain.session.begin_history(Cut(path.id_of(0), datetime.now(UTC)))
    plain.say("All of the conversation is sent again.")


def attach(plain: Plain, argument: str) -> None:
    """Attach a file to the next prompt; `none` takes them back."""
    from fmtui.core.attachments_disk import read_file  # noqa: PLC0415 - most never attach

    files = plain.options.attach
    if argument == "none":
        files = ()
    elif argument:
        read_file(argument, Path())  # what is wrong with it is said now
        files = (*files, argument)
    plain.options = plain.options._replace(attach=files)
    if not files:
        plain.say("No file goes with the next prompt.")
        return
    plain.say(f"With the next prompt goes: {', '.join(one_line(each) for each in files)}")


def _room(plain: Plain, *, halve: bool = False) -> tuple[Room, str, Params]:
    """Return what the next request has before its prompt, whom it goes to and with what."""
    from fmtui.ui.chat_room import Asked, Room  # noqa: PLC0415 - for those who ask

    endpoint, params, window, leaf = plain.wait(plain.next_request())
    room = Room(plain.session, Asked(params, Turn("", "user", "", leaf)), window, halve=halve)
    return room, endpoint.name, params
