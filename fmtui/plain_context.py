"""What the plain mode tells and changes of what is sent: the room it takes, and files to attach."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.chat import Turn
from fmtui.core.context import Cut
from fmtui.core.errors import UsageError
from fmtui.core.room import Room, begun, oldest, summary_in
from fmtui.core.text import money, one_line

if TYPE_CHECKING:
    from fmtui.asking import NextRequest
    from fmtui.core.hints import Hint
    from fmtui.plain_talk import Plain


def show_context(plain: Plain, _argument: str) -> None:
    """Say how much of the model's window the conversation takes."""
    (endpoint, params, *_), room = _room(plain)
    for name, said in (
        ("model", f"{one_line(params.model, 80)} at {one_line(endpoint.name)}"),
        ("window", room.window(params.model)),
        ("taken", room.taken()),
        ("reply", f"max_tokens {params.max_tokens:,}"),
        ("sent", room.sent()),
    ):
        plain.say(f"{name}: {said}")


def shorten(plain: Plain, argument: str) -> None:
    """Leave about half of what is sent out, the oldest turns, or have them summarised; none is lost.

    What is to be done is asked, unless it stands behind the command or nobody types: a pipe's next
    line is no answer.
    """
    choice = _meant(argument) if argument else "leave"
    if not choice:
        raise UsageError(f"“{one_line(argument, 40)}” is no way to shorten.", "Such as: /shorten summarise")
    request, room = _room(plain, halve=True)
    if room.drop is None and room.summarise is None:
        plain.say("There is nothing that could be left out.")
        return
    able = {name: index for name, index in (("leave", room.drop), ("summarise", room.summarise)) if index}
    if not argument and plain.lines.typed:
        choice = _asked(plain, room, request.hint, able)
    if choice == "back":
        plain.say("All is sent as before.")
    elif choice not in able:
        why = (
            "left out" if choice == "leave" else "summarised: they are too long for one request, or too short"
        )
        plain.say(f"The oldest turns cannot be {why}.")
    elif choice == "leave":
        room.begin(able[choice])
        plain.say(begun(able[choice], summarised=False))
    else:
        _summarise(plain, request, room, able[choice])


def _asked(plain: Plain, room: Room, hint: Hint, able: Mapping[str, int]) -> str:
    """Return what the user wants of the ways that there are."""
    plain.say(room.words())
    if "leave" in able:
        plain.say(f"leave: Leave out {oldest(able['leave']).lower()}. {room.on_drop()}")
    if "summarise" in able:
        plain.say(f"summarise: Summarise {oldest(able['summarise']).lower()}. {room.on_summary(hint)}")
    ways = ", ".join(able) + " or back"
    while True:
        typed = plain.lines.answer(f"{ways}? ").strip()
        choice = _meant(typed) if typed else "back"
        if choice in (*able, "back"):
            return choice
        plain.lines.remember([typed])  # it may have been a prompt: the Up key has it
        plain.say(f"Type {ways}, or the first letter. Enter alone goes back.")


def _meant(typed: str) -> str:
    """Return the way that was typed, or its beginning; empty for none."""
    return next((way for way in ("leave", "summarise", "back") if way.startswith(typed.lower())), "")


def _summarise(plain: Plain, request: NextRequest, room: Room, index: int) -> None:
    """Have the model sum up the oldest turns, and send that in their place."""
    params, said = room.to_summarise()
    are = "is" if index == 1 else "are"
    plain.say(f"{oldest(index)} {are} summarised; Ctrl+C stops that.")
    turn = plain.aside(request._replace(params=params), said)
    summary = "" if turn is None else summary_in(turn)
    if not summary:
        plain.say("There is no summary; all is sent as before.")
        return
    room.begin(index, summary)
    price = "" if turn is None or turn.cost is None else f" It cost {money(turn.cost)}."
    plain.say(f"{begun(index, summarised=True)}{price}")


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


def _room(plain: Plain, *, halve: bool = False) -> tuple[NextRequest, Room]:
    """Return what the next request has before its prompt, whom it goes to and with what."""
    request = plain.wait(plain.next_request())
    prompt = Turn("", "user", "", request.last)
    return request, Room(plain.session, request.params, prompt, request.hint.window, halve=halve)
