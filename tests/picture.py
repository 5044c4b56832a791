"""Makes the picture of the README: a real screenshot of the app while an answer streams.

Run `python -m tests.picture`. The app runs without a terminal, on the demo endpoint and in
an empty folder; it does and shows what it does and shows on a terminal. The picture holds
no address of another machine: its letters are whatever fixed-width ones the reader has.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from fmtui.core.config import Config
from fmtui.core.demo import TOKENS_PER_S, DemoTransport
from fmtui.core.endpoints import DEMO
from fmtui.core.sessions import SessionStore
from fmtui.core.state import StateFile
from fmtui.ui.app import FmtuiApp
from fmtui.ui.setup import Setup
from tests.ui.rig import QuietClient, say, until

PICTURE = Path(__file__).parent / "pictures" / "streaming.svg"
SIZE = (120, 34)
EARLIER = ("help", "Tell me in detail how to make chocolate chip cookies.", "markdown")
"""Prompts of sessions that there are already, the oldest first."""
ANSWERED, RUNNING = "table", "code"
"""Prompts of the session in the picture."""
SEEN = "$DATABRICKS_TOKEN"
"""What of the running answer is on the screen when the picture is taken."""
ENDED = "· first token"
"""What is on the screen only when an answer has come to its end, also in no time at all."""

_FONTS = re.compile(r"\s*@font-face\s*\{[^}]*\}")


def setup(folder: Path, tokens_per_s: float) -> Setup:
    """Return what the app starts with: the demo alone, everything on disk below one folder."""
    return Setup(
        config=Config(path=folder / "config.toml"),
        endpoints=(DEMO,),
        connect=lambda: QuietClient(
            transports={DEMO.name: DemoTransport(tokens_per_s=tokens_per_s)}, environ={}
        ),
        open_store=lambda: SessionStore(folder / "sessions"),
        state=StateFile(folder / "state.toml"),
    )


async def converse(folder: Path, prompt: str) -> None:
    """Send a prompt in a session of its own, and let the answer come to its end."""
    async with FmtuiApp(setup(folder, 100_000)).run_test(size=SIZE) as pilot:
        await until(pilot, DEMO.model)
        await say(pilot, prompt)
        await until(pilot, ENDED)


async def photograph(folder: Path) -> str:
    """Return the screen in the middle of an answer that comes at the demo's own speed, as SVG."""
    app = FmtuiApp(setup(folder, TOKENS_PER_S))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, DEMO.model)
        await say(pilot, ANSWERED)
        await until(pilot, ENDED, limit_s=60)
        await say(pilot, RUNNING)
        await until(pilot, SEEN, limit_s=60)
        return offline(app.export_screenshot(title="fmtui"))


def offline(svg: str) -> str:
    """Return a picture that loads nothing: a reader without a network sees the same."""
    return _FONTS.sub("", svg)


async def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for prompt in EARLIER:
            await converse(folder, prompt)
        svg = await photograph(folder)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg, "utf-8")
    print(f"{PICTURE}: {len(svg.encode()) // 1000} kB")


if __name__ == "__main__":
    asyncio.run(main())
