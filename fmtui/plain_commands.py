"""The slash commands of the plain mode: those of the app that make sense without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError, UsageError
from fmtui.core.parameters import PARAMETERS, assigned, source_of, unassigned, value_of
from fmtui.core.text import money, one_line
from fmtui.listings import GAP, local_time
from fmtui.plain_context import attach, send_whole, shorten, show_context
from fmtui.plain_prompts import is_named, slashes, system, use
from fmtui.ui.command_table import COMMANDS
from fmtui.workbench import LATEST

if TYPE_CHECKING:
    from fmtui.core.endpoints import Endpoint
    from fmtui.plain_talk import Plain

_LISTED = 20
"""Sessions, models and hits that are listed at once."""
_TITLE = 60
_OWN_HELP = {
    "endpoint": "Talk to another endpoint: its name.",
    "endpoints": "List the endpoints.",
    "search": "Find words in all sessions.",
    "sessions": "List the sessions; with a number, an id or latest, go on with that one.",
    "model": "Answer with another model: its name. Without one, list them.",
    "pager": "Print the conversation from the start.",
    "copy": "Copy the last reply.",
    "help": "Show this.",
    "retry": "Ask the last prompt again; with a name another model, for this once.",
    "stop": "Say how a reply is stopped.",
    "params": "List what replies are asked with.",
    "cost": "Say what the session cost.",
    "context": "Say how full the model's window is.",
    "shorten": "Leave the oldest turns out of what is sent, or have them summarised; none is lost.",
    "attach": "Attach a file to the next prompt; none takes it back.",
    "prompt": "Ask with a prompt of your own, and list them; /NAME asks too.",
    "system": "Say or set what the model is told first.",
}


def do(plain: Plain, text: str) -> bool:
    """Do what was typed if it is a command; return False when it is a prompt.

    Raises:
        FmtuiError: it could not be done.
    """
    line = text.strip()
    word, _, argument = line.partition(" ")
    argument = argument.strip()
    known = _ALL.get(word)
    if known is not None and "\n" not in line and (known[1] or not argument):
        known[0](plain, argument)
        return True
    others = {f"/{slash}": each for each in COMMANDS for slash in each.slashes}
    other = others.get(word)
    if known is None and other is None and word[:1] == "/" and is_named(plain, word[1:]):
        use(plain, line[1:])
        return True
    if known is None and other is None and text[:1] == "/":
        from fmtui.ui.slips import SENDS, slashes_of, slip_of  # noqa: PLC0415 - few mistype

        here = {name: bool(takes) for name, (_, takes) in _ALL.items()}
        slip = slip_of(text, slashes_of(COMMANDS) | here | dict.fromkeys(slashes(plain), True))
        if slip:
            plain.note(slip, SENDS)
        return bool(slip)
    if known is not None or other is None or "\n" in line or (argument and not other.argument):
        return False  # `/quit smoking, how?` is a question
    plain.note(f"{word} needs the full screen.", "Leave with /quit and start fmtui without --plain.")
    return True


# ---- window ------------------------------------------------------------------------------


def _help(plain: Plain, _argument: str) -> None:
    words = {f"/{each.slash}": each.help for each in COMMANDS if each.slash}
    own = {f"/{name}": help_ for name, help_ in _OWN_HELP.items()}
    for word in sorted(_ALL):
        wanted = f" {_ALL[word][1]}" if _ALL[word][1] else ""
        plain.say(f"{word}{wanted}: {own.get(word) or words.get(word, '')}")
    plain.say("Ctrl+C stops a reply, Ctrl+D leaves. A backslash at the end of a line goes on in the next.")


def _stop(plain: Plain, _argument: str) -> None:
    plain.say("No reply is coming. While one does, Ctrl+C stops it; what came is kept.")


def _quit(plain: Plain, _argument: str) -> None:
    plain.leaving = True


# ---- sessions ----------------------------------------------------------------------------


def _new(plain: Plain, _argument: str) -> None:
    plain.switch("")
    plain.say("This is a new session.")


def _sessions(plain: Plain, argument: str) -> None:
    heads = [head for head in plain.bench.store.heads() if not head.marks.archived]
    if not argument:
        for number, head in enumerate(heads[:_LISTED], 1):
            when = local_time(head.updated)
            here = f"{GAP}(this one)" if head.id == plain.session.id else ""
            plain.say(f"{number}{GAP}{when}{GAP}{one_line(head.title, _TITLE) or '(no title)'}{here}")
        left = len(heads) - _LISTED
        if not heads:
            plain.say("There are no sessions yet.")
        elif left > 0:
            plain.say(f"{left:,} more.")
        return
    wanted = _wanted(argument, [head.id for head in heads], plain.bench.store.latest() or "")
    if wanted == plain.session.id:
        plain.say("You are in this session.")
        return
    plain.switch(wanted)
    path = plain.session.path_to()
    plain.say(f"Going on with: {one_line(plain.session.title) or plain.session.id}, {len(path)} turns.")


def _wanted(argument: str, ids: Sequence[str], latest: str) -> str:
    """Return the id of the session that is meant; what nobody knows is left to be refused.

    Raises:
        UsageError: it is a number of none.
    """
    if argument == LATEST:
        if not latest:
            raise UsageError("There are no sessions yet.", "A prompt begins one.")
        return latest
    if argument.isdecimal() and len(argument) < len("20261122"):
        if not 0 < int(argument) <= len(ids):
            count = f"There {'is' if len(ids) == 1 else 'are'} {len(ids):,}"
            raise UsageError(f"There is no session {argument}. {count}.", "/sessions lists them.")
        return ids[int(argument) - 1]
    begun = [each for each in ids if each.startswith(argument)]
    return begun[0] if len(begun) == 1 else argument


def _search(plain: Plain, argument: str) -> None:
    if not argument:
        raise UsageError("What is to be found?", "Such as: /search olive oil")
    count = 0
    for count, hit in enumerate(plain.bench.store.search(argument), 1):
        if count > _LISTED:
            plain.say("There are more; `fmtui sessions search` has all of them.")
            return
        plain.say(f"{hit.session_id}{GAP}{one_line(hit.title, _TITLE)}{GAP}{one_line(hit.snippet)}")
    if not count:
        plain.say("Nothing was found.")


def _export(plain: Plain, argument: str) -> None:
    from fmtui.core.export_file import told  # noqa: PLC0415 - most never do it
    from fmtui.saving import write_export  # noqa: PLC0415 - most never do it

    plain.say(told(write_export(plain.session, "", argument)))


def _pager(plain: Plain, _argument: str) -> None:
    from fmtui.paging import pieces  # noqa: PLC0415 - most never do it

    path = plain.session.path_to()
    if not len(path):
        plain.say("There is nothing to print yet.")
    for piece in pieces(plain.session.title, path):
        plain.say(piece)


def _cost(plain: Plain, _argument: str) -> None:
    spent = plain.bench.costs.of_session(plain.session.id)
    about = "about " if spent.estimated else ""
    plain.say(f"This session cost {about}{money(spent.dollars)}, as far as prices are known.")


# ---- replies -----------------------------------------------------------------------------


def _retry(plain: Plain, argument: str) -> None:
    """Ask again; with a name another model, for this once."""
    if not argument:
        plain.send(None)
        return
    before = plain.options
    _, params, _, _ = plain.wait(plain.next_request())
    _warn_of(plain, argument)
    plain.options = before._replace(model=argument, mode=None)
    try:
        plain.send(None)
    finally:  # the last answer tells who is asked next, where nothing else does
        plain.options = before._replace(model=before.model or params.model)


def _last_answer(plain: Plain) -> str:
    path = plain.session.path_to()
    turns = (path[index] for index in range(len(path) - 1, -1, -1))
    return next((turn.text for turn in turns if turn.role == "assistant" and turn.text), "")


def _copy(plain: Plain, _argument: str) -> None:
    from fmtui.copying import Clipboard  # noqa: PLC0415 - most never copy

    out = plain.streams.out
    environ = dict(plain.environ)
    if not out.is_terminal:  # nothing there would take the sequence
        environ["TERM"] = "dumb"
    plain.say(plain.wait(Clipboard(environ, out.write).put(_last_answer(plain))).words)


def _copy_file(plain: Plain, argument: str) -> None:
    from fmtui.saving import write_copy  # noqa: PLC0415 - most never do it

    text = _last_answer(plain)
    if not text:
        plain.say("There is nothing to copy yet.")
        return
    folder = plain.bench.state.path.with_name("copies")
    plain.say(f"Written to {write_copy(text, argument, folder)}")


# ---- models ------------------------------------------------------------------------------


def _endpoint_now(plain: Plain) -> Endpoint:
    """Return the endpoint that the next prompt goes to."""
    return plain.wait(plain.addressee())[0]


def _model(plain: Plain, argument: str) -> None:
    if argument:
        plain.choose(model=argument)
        plain.say(f"The next reply is from {one_line(argument)}.")
        _warn_of(plain, argument)
        return
    endpoint, model = plain.wait(plain.addressee())
    names = plain.wait(plain.models(endpoint))
    plain.say(f"Models of {endpoint.name}:" if names else f"{endpoint.name} lists no models.")
    if model and model not in names:
        names = [model, *names]
    for name in names:
        here = f"{GAP}(this one)" if name == model else ""
        plain.say(f"{GAP}{one_line(name)}{here}")


def _warn_of(plain: Plain, model: str) -> None:
    """Say that a model is not listed, now and not when it is asked."""
    try:
        endpoint = _endpoint_now(plain)
        names = plain.wait(plain.models(endpoint))
    except FmtuiError:
        return  # what cannot be listed may have it all the same
    if names and model not in names:
        plain.note(f"{endpoint.name} does not list {one_line(model, 80)}; it is tried all the same.")


def _endpoints(plain: Plain, _argument: str) -> None:
    now = _endpoint_now(plain).name
    for endpoint in plain.bench.endpoints:
        here = f"{GAP}(this one)" if endpoint.name == now else ""
        plain.say(f"{one_line(endpoint.name)}{GAP}{one_line(endpoint.source)}{here}")


def _endpoint(plain: Plain, argument: str) -> None:
    if not argument:
        _endpoints(plain, "")
        return
    before = plain.options
    plain.choose(endpoint=argument)
    try:
        name = _endpoint_now(plain).name
    except FmtuiError:
        plain.options = before
        raise
    plain.say(f"The next prompt goes to {one_line(name)}.")


def _configure(plain: Plain, change: Callable[[Mapping[str, object]], dict[str, object]]) -> None:
    settings: Mapping[str, object] = plain.settings
    try:
        settings = change(settings)
    except ValueError as error:
        raise UsageError(f"{error}.", "/params lists them.") from None
    plain.session.configure(settings)
    plain.options = plain.options._replace(params={})


def _set(plain: Plain, argument: str) -> None:
    name, _, value = argument.partition(" ")
    if not value.strip():
        raise UsageError("/set needs a name and a value.", "Such as: /set temperature 0.2")
    _configure(plain, lambda settings: assigned(settings, name, value.strip()))
    plain.say(f"{name} is set for this session.")


def _unset(plain: Plain, argument: str) -> None:
    if not argument:
        raise UsageError("/unset needs a name.", "Such as: /unset temperature")
    _configure(plain, lambda settings: unassigned(settings, argument))
    plain.say(f"{argument} is as the configuration has it.")


def _params(plain: Plain, _argument: str) -> None:
    endpoint, params, _, _ = plain.wait(plain.next_request())
    from_where = {
        "session": "set for this session",
        "endpoint": f"from {one_line(endpoint.name)}",
        "default": "by itself",
    }
    left_out = []
    for each in PARAMETERS:
        value = value_of(params, each.name)
        if params.mode not in each.modes:
            continue
        if value is None:
            left_out.append(each.name)
            continue
        source = from_where[source_of(each.name, endpoint.params, plain.settings)]
        plain.say(f"{each.name}: {one_line(each.typed(value))}{GAP}({source})")
    plain.say(f"Not sent: {', '.join(left_out)}.")


_ALL: Mapping[str, tuple[Callable[[Plain, str], None], str]] = {
    "/help": (_help, ""),
    "/quit": (_quit, ""),
    "/stop": (_stop, ""),
    "/new": (_new, ""),
    "/sessions": (_sessions, "[number, id or latest]"),
    "/search": (_search, "text"),
    "/export": (_export, "[file]"),
    "/pager": (_pager, ""),
    "/cost": (_cost, ""),
    "/retry": (_retry, "[model]"),
    "/copy": (_copy, ""),
    "/copyfile": (_copy_file, "[file]"),
    "/model": (_model, "[name]"),
    "/endpoint": (_endpoint, "[name]"),
    "/endpoints": (_endpoints, ""),
    "/set": (_set, "name value"),
    "/unset": (_unset, "name"),
    "/params": (_params, ""),
    "/context": (show_context, ""),
    "/shorten": (shorten, "[leave or summarise]"),
    "/whole": (send_whole, ""),
    "/attach": (attach, "[file]"),
    "/prompt": (use, "[name values]"),
    "/system": (system, "[name or text]"),
}
"""What does each command, and what may follow it."""
