"""The command lines of `fmtui sessions`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

_WITH_ID = {
    "pin": "keep a session at the top of lists",
    "unpin": "keep a session at the top of lists no more",
    "archive": "leave a session out of lists; search still finds it",
    "unarchive": "list an archived session again",
    "delete": "move a session to the trash",
    "duplicate": "copy a session, and print the id of the copy",
}
_ID = "an id, the start of one, or latest"

Shared = Callable[[Any], None]
"""Adds the options that every command has to a parser."""
Fill = Callable[[Shared, Any], None]
"""Adds them, and the arguments of one action."""


def add_actions(actions: Any, shared: Shared) -> None:
    """Add the actions.

    Args:
        actions: what `add_subparsers` returned.
        shared: adds the options that every command has.
    """

    def add(name: str, fill: Fill, words: str, description: str = "", epilog: str = "") -> None:
        said = description or f"{words[0].upper()}{words[1:]}."
        actions.add_parser(name, fill=partial(fill, shared), help=words, description=said, epilog=epilog)

    add("list", _listing, "list sessions, newest first (this is the default)")
    add("show", _with_id, "print a session for reading")
    add("export", _export, "write a session for reading or for other programs")
    add(
        "import",
        _importing,
        "take over exports of fmtui, ChatGPT and llm",
        "Take over sessions: fmtui's exports in every format, ChatGPT's conversations.json "
        "or .zip, what `llm logs -n 0 --json` prints, and llm's logs.db. What is here is passed over.",
    )
    add(
        "search",
        _search,
        "find words in all sessions",
        "Find the turns that hold all words. Quotes make a phrase: "
        "fmtui sessions search '\"olive oil\" oven'",
        "Exit status: 0 something was found, 1 nothing was, 2 wrong use.",
    )
    add("path", _alone, "print the folder that the sessions are in")
    add("rename", _rename, "give a session another title")
    add(
        "tag",
        _tag,
        "set the tags of a session, or print them",
        "Set the tags of a session: `tag ID work urgent`. +more adds to those it has; to take "
        "one away, put -- before it: `tag ID -- -urgent`. Without tags it prints what there is.",
    )
    for name, words in _WITH_ID.items():
        add(name, _with_id, words)
    add("restore", _restore, "bring back a deleted session, the last one without an id")
    add("trash", _alone, "list what was deleted, the last first")
    add(
        "purge",
        _purge,
        "remove for good what was deleted long ago",
        "Remove for good what has been in the trash for DAYS days. Nothing else empties it.",
    )


def _alone(shared: Shared, parser: argparse.ArgumentParser) -> None:
    shared(parser)


def _listing(shared: Shared, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("--all", action="store_true", help="archived ones, too")


def _export(shared: Shared, parser: argparse.ArgumentParser) -> None:
    _with_id(shared, parser)
    parser.add_argument(
        "--format",
        choices=("md", "json", "toml", "html"),
        help="by the name of FILE when left out, else md; json and toml always hold every branch",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to a new file that only you can read")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    parser.add_argument("--all", action="store_true", help="every branch, not only the one that is shown")


def _importing(shared: Shared, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("files", nargs="*", metavar="FILE", help="what to import; - for standard input")
    parser.add_argument(
        "--again", action="store_true", help="also what was imported before, as another session"
    )


def _search(shared: Shared, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument(
        "target", nargs="+", metavar="TEXT", help='words, or "phrases" in quotes; capitals do not matter'
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object a line")


def _with_id(shared: Shared, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("target", metavar="ID", help=_ID)


def _rename(shared: Shared, parser: argparse.ArgumentParser) -> None:
    _with_id(shared, parser)
    parser.add_argument("words", nargs="+", metavar="TITLE", help="the title")


def _tag(shared: Shared, parser: argparse.ArgumentParser) -> None:
    _with_id(shared, parser)
    parser.add_argument("words", nargs="*", metavar="TAG", help="tags, with or without #")


def _restore(shared: Shared, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("target", nargs="?", metavar="ID", help="the whole id; the last one when left out")


def _purge(shared: Shared, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("--days", type=_days, metavar="DAYS", help="30 when left out; 0 for all of it")


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise argparse.ArgumentTypeError("DAYS is a whole number from 0 to 99999")
    return int(text)
