"""Runs the fake workspace by hand: `python -m tests.servers`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.servers import Recorded, Scripted
from tests.workspace import CLIENT_ID, CLIENT_SECRET, PAT, Scenario, Workspace, write_cli
from tests.workspace_models import CATALOGUE


class Talkative(Workspace):
    """Says each request and what it was answered with."""

    def script_for(self, request: Recorded) -> Scripted:
        """Return the answer of the workspace."""
        script = super().script_for(request)
        size = f", {len(request.body)} bytes" if request.body else ""
        print(f"{request.method} {request.target}{size} -> {script.status}", flush=True)
        return script


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until Ctrl+C; return 0."""
    options = _parser().parse_args(argv)
    scenario = Scenario(
        listing=options.listing,
        login=options.login,
        token_lifetime_s=options.token_lifetime,
        token_uses=options.token_uses,
        cold_s=options.cold,
        pace_s=options.pace / 1000,
        down=options.down,
        private_link=options.private_link,
    )
    with tempfile.TemporaryDirectory(prefix="fmtui-workspace-") as folder:
        try:
            asyncio.run(_serve(scenario, options.port, Path(folder)))
        except OSError as error:
            print(
                f"Port {options.port} cannot be used: {error.strerror}. Leave --port out to get a free one."
            )
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers",
        description="A fake Databricks workspace on this machine, to try fmtui without an account. "
        "Ctrl+C ends it.",
        epilog="Models and what they show:\n"
        + "".join(f"  {served.name:40} {served.what}\n" for served in CATALOGUE)
        + "A prompt with “500 words” gets an answer of that length. Names that are not listed are those of "
        "retired models.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="where to listen; a free port by default")
    add("--pace", type=float, default=20.0, metavar="MS", help="milliseconds between two tokens (20)")
    add("--cold", type=float, default=20.0, metavar="S", help="seconds that cold-llama takes to start (20)")
    add(
        "--listing",
        choices=("full", "empty", "forbidden", "page"),
        default="full",
        help="the list of models: all of them, none, 403, or a web page",
    )
    add(
        "--login",
        choices=("good", "expired", "elsewhere"),
        default="good",
        help="what becomes of people's tokens: taken, expired (401), or another workspace's (403)",
    )
    add("--token-lifetime", type=int, default=3600, metavar="S", help="seconds that OAuth tokens live (3600)")
    add("--token-uses", type=int, default=0, metavar="N", help="requests after which one is refused (never)")
    add("--down", type=int, default=0, metavar="N", help="prompts that are refused with 503 at first (0)")
    add("--private-link", action="store_true", help="redirect everything, as a private link does")
    return parser


async def _serve(scenario: Scenario, port: int, folder: Path) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with Talkative(scenario, port=port) as workspace:
        cli = write_cli(folder, workspace.origin, scenario.login)
        print(_greeting(workspace.origin, cli), flush=True)
        await ended.wait()
    print("\nThe workspace is closed.")


def _greeting(origin: str, cli: Path) -> str:
    return f"""A fake Databricks workspace at {origin}; Ctrl+C ends it.

  personal access token   {PAT}
  client id               {CLIENT_ID}
  client secret           {CLIENT_SECRET}
  Databricks CLI          {cli}

Try it, in another shell:

  export DATABRICKS_HOST={origin}
  DATABRICKS_TOKEN={PAT} fmtui
  DATABRICKS_CLIENT_ID={CLIENT_ID} DATABRICKS_CLIENT_SECRET={CLIENT_SECRET} fmtui
  DATABRICKS_CLI_PATH={cli} fmtui models -e databricks
  DATABRICKS_TOKEN={PAT} fmtui ask -e databricks -m databricks-dbrx-instruct Hello

What is asked:
"""
