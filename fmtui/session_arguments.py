"""The command lines of `fmtui sessions`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

_WITH_ID = {
    "pin": "keep one at the top of lists",
    "unpin": "no longer keep it there",
    "archive": "leave one out of lists; search still finds it",
    "unarchive": "list it again",
    "delete": "move one to the trash",
    "duplicate": "copy one, and print the id of the copy",
}
_ID = "an id, the start of one, or latest"

Fill = Callable[[Any], None]


def add_actions(actions: Any, shared: Fill) -> None:
    """Add the actions.

    Args:
        actions: what `add_subparsers` returned.
        shared: adds the options that every command has.
    """
    actions.add_parser(
        "list", fill=partial(_listing, shared), help="list them, newest first (this is the default)"
    )
    actions.add_parser("show", fill=partial(_with_id, shared), help="print one for reading")
    actions.add_parser("export", fill=partial(_export, shared), help="print one for other programs")
    actions.add_parser(
        "import",
        fill=partial(_importing, shared),
        help="take over exports of fmtui, ChatGPT and llm",
        description="Take over sessions: fmtui's exports in every format, ChatGPT's conversations.json "
        "or .zip, what `llm logs -n 0 --json` prints, and llm's logs.db. What is here is passed over.",
    )
    actions.add_parser(
        "search",
        fill=partial(_search, shared),
        help="find words in all of them",
        description="Find the turns that hold all words. Quotes make a phrase: "
        "fmtui sessions search '\"olive oil\" oven'",
        epilog="Exit status: 0 something was found, 1 nothing was, 2 wrong use.",
    )
    actions.add_parser("path", fill=shared, help="print the folder they are in")
    actions.add_parser("rename", fill=partial(_rename, shared), help="give one another title")
    actions.add_parser(
        "tag",
        fill=partial(_tag, shared),
        help="set the tags of one, or print them",
        description="Set the tags of a session: `tag ID work urgent`. +more adds to those it has; to take "
        "one away, put -- before it: `tag ID -- -urgent`. Without tags it prints what there is.",
    )
    for name, words in _WITH_ID.items():
        actions.add_parser(name, fill=partial(_with_id, shared), help=words)
    actions.add_parser("restore", fill=partial(_restore, shared), help="bring back what was deleted")
    actions.add_parser("trash", fill=shared, help="list what was deleted, last first")
    actions.add_parser(
        "purge",
        fill=partial(_purge, shared),
        help="remove for good what was deleted long ago",
        description="Remove for good what has been in the trash for DAYS days. Nothing else empties it.",
    )


def _listing(shared: Fill, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("--all", action="store_true", help="archived ones, too")


def _export(shared: Fill, parser: argparse.ArgumentParser) -> None:
    _with_id(shared, parser)
    parser.add_argument(
        "--format",
        choices=("md", "json", "toml", "html"),
        help="by the name of FILE when left out, else md; json and toml always hold every branch",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to a new file that only you can read")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    parser.add_argument("--all", action="store_true", help="every branch, not only the one that is shown")


def _importing(shared: Fill, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("files", nargs="*", metavar="FILE", help="what to import; - for standard input")
    parser.add_argument(
        "--again", action="store_true", help="also what was imported before, as another session"
    )


def _search(shared: Fill, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument(
        "target", nargs="+", metavar="TEXT", help='words, or "phrases" in quotes; capitals do not matter'
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object a line")


def _with_id(shared: Fill, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("target", metavar="ID", help=_ID)


def _rename(shared: Fill, parser: argparse.ArgumentParser) -> None:
    _with_id(shared, parser)
    parser.add_argument("words", nargs="+", metavar="TITLE", help="the title")


def _tag(shared: Fill, parser: argparse.ArgumentParser) -> None:
    _with_id(shared, parser)
    parser.add_argument("words", nargs="*", metavar="TAG", help="tags, with or without #")


def _restore(shared: Fill, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("target", nargs="?", metavar="ID", help="the whole id; the last one when left out")


def _purge(shared: Fill, parser: argparse.ArgumentParser) -> None:
    shared(parser)
    parser.add_argument("--days", type=_days, metavar="DAYS", help="30 when left out; 0 for all of it")


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise argparse.ArgumentTypeError("DAYS is a whole number from 0 to 99999")
    return int(text)
