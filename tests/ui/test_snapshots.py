"""Pictures of the screens, each looked at by eye before it was accepted.

`pytest --snapshot-update` takes them anew; look at the report before committing them.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fmtui.core.chat import Failure, Params, Timing, Turn, Usage
from fmtui.core.sessions import SessionStore
from fmtui.ui.rows import RowList
from tests.ui.rig import ScriptedTransport, app, chat_screen, until

WHEN = datetime(2024, 2, 5, 15, 30, tzinfo=UTC)
ID = "20240205-153000-0001"
Compare = Callable[..., bool]

ANSWER = """## Cookies

1. **Mix** flour and `sugar`, see [the recipe](https://example.com/recipe)
2. Bake at 180 °C
   - *eight* to ten minutes

> Let them cool.

| what | how much |
|---|---:|
| flour | 280 g |
| 砂糖 | 200 g 🍪 |

```python
def bake(minutes: int = 9) -> str:
    return f"done after {minutes}"  # golden
```
"""


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no zone or colour setting of the machine into a picture; it holds wherever it is imported."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one session: an answer, and a failure after it."""
    store = SessionStore(tmp_path / "sessions")
    store.prepare()
    session = store.new(ID)
    params = Params("test", "m1")
    ask = replace(Turn.prompt("How do I make cookies?"), id="t1", created=WHEN)
    answer = Turn(
        "t2",
        "assistant",
        ANSWER,
        "t1",
        WHEN,
        params=params,
        outcome="complete",
        finish_reason="length",
        usage=Usage(28, 2048, 2076),
        timing=Timing(0.31, 21.0),
    )
    again = replace(Turn.prompt("And now?", "t2"), id="t3", created=WHEN)
    failure = Failure("forbidden", "User has no CAN_QUERY [/x].", 403, "Ask for the permission.")
    failed = Turn(
        "t4",
        "assistant",
        "",
        "t3",
        WHEN,
        params=params,
        outcome="error",
        error=failure,
        timing=Timing(None, 1),
    )
    for turn in (ask, answer, again, failed):
        session.append(turn)
    session.close()
    os.utime(session.path, (WHEN.timestamp(), WHEN.timestamp()))
    return tmp_path


def shows(*keys: str) -> Callable[[Pilot[None]], object]:
    """Return what brings the app to the moment of the picture: open, then these keys."""

    async def prepare(pilot: Pilot[None]) -> None:
        await until(pilot, "Ask for the permission.")
        await until(pilot, lambda: bool(chat_screen(pilot).sidebar.query_one("#sessions", RowList).rows))
        # Lists of models and sessions come from workers; what they change must be in the picture.
        await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
        await pilot.press(*keys)
        if "f5" in keys:
            await until(pilot, "2 models")  # the lists of all endpoints are there
        await pilot.pause()

    return prepare


@pytest.mark.parametrize(
    ("theme", "size", "keys"),
    [
        ("fmtui-dark", (120, 40), ()),
        ("fmtui-light", (100, 30), ()),
        ("terminal", (80, 24), ("f4",)),
        ("high-contrast", (60, 15), ()),
        ("fmtui-dark", (100, 30), ("f5",)),
        ("fmtui-dark", (100, 30), ("f1",)),
    ],
    ids=["dark", "light", "narrow-sidebar", "smallest", "models", "help"],
)
def test_screen(
    folder: Path, snap_compare: Compare, theme: str, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    shown = app(folder, ScriptedTransport(), session=ID, theme=theme)
    assert snap_compare(shown, terminal_size=size, run_before=shows(*keys))
