"""What the first frame does not need is not done before it: most of a start is imports and styles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.terminal import Terminal, clean_environ

PROGRAM = """
import sys
from textual.css.stylesheet import Stylesheet
from fmtui.ui import chat_screen
from fmtui.ui.conversation import widget

applied = []
apply = Stylesheet.apply

def counted(sheet, node, **options):
    applied.append(node)
    apply(sheet, node, **options)

async def ended_by_the_first_frame(screen):
    with open(sys.argv[1], "w") as file:
        file.write("\\n".join(sys.modules))
    with open(sys.argv[2], "w") as file:
        file.write(" ".join(type(node).__name__ for node in applied))
    screen.app.exit()

Stylesheet.apply = counted
chat_screen.ChatScreen._put_prompt = ended_by_the_first_frame
widget.warm = lambda: None
from fmtui.cli import main
main(["-e", "demo"])
"""
LATER = {
    "the client": (
        "httpx",
        "httpx_sse",
        "httpcore",
        "h11",
        "certifi",
        "fmtui.core.client",
        "fmtui.core.demo",
    ),
    "sign-ins": (
        *("fmtui.core.auth_flow", "fmtui.core.oauth", "fmtui.core.databricks_cli"),
        *("fmtui.core.token_command", "fmtui.core.child"),
    ),
    "sessions": ("fmtui.core.sessions", "fmtui.core.session_file", "fmtui.core.session_scan"),
    "answers": ("markdown_it", "pygments.lexers", "pygments.lexer", "fmtui.ui.conversation.markdown"),
    "replies": ("fmtui.core.exchange", "fmtui.core.reply"),
    "what works behind the screen": (
        *("fmtui.ui.chat_works", "fmtui.ui.chat_shelf", "fmtui.ui.chat_sessions", "fmtui.ui.gently"),
        *("fmtui.ui.chat_talk", "fmtui.ui.chat_replies", "fmtui.ui.chat_costs", "fmtui.ui.chat_context"),
        *("fmtui.ui.chat_finding", "fmtui.ui.chat_reading", "fmtui.ui.chat_parts", "fmtui.ui.chat_late"),
    ),
    "the editor": (
        *("textual.widgets._text_area", "fmtui.ui.prompt", "fmtui.ui.prompt_folding", "fmtui.ui.own_keys"),
    ),
    "prices": ("fmtui.core.hints", "fmtui.core.costs", "fmtui.core.context"),
    "finding": (
        *("fmtui.ui.find_bar", "fmtui.ui.conversation.find", "fmtui.ui.conversation.search"),
        "fmtui.ui.conversation.copying",
    ),
    "dialogs": (
        "fmtui.ui.chat_dialogs",
        "fmtui.ui.system_editor",
        "fmtui.ui.help",
        "fmtui.ui.palette",
        "fmtui.ui.line",
        "fmtui.ui.picker",
        "fmtui.ui.history_picker",
        "fmtui.ui.chat_editor",
        *("fmtui.ui.session_list", "fmtui.ui.session_rows", "fmtui.ui.session_search"),
        *("fmtui.ui.chat_shelving", "fmtui.ui.chat_searching", "fmtui.ui.chat_titling"),
        "fmtui.core.attachments",
        "fmtui.ui.model_switcher",
        "fmtui.ui.lazy_rows",
    ),
    "lists of models": ("fmtui.core.model_cache", "fmtui.core.listing", "fmtui.ui.chat_switching"),
    "other commands": (
        *("fmtui.ask", "fmtui.listings", "fmtui.report", "fmtui.core.export"),
        *("fmtui.arguments", "argparse", "gettext"),
    ),
    "nothing of fmtui": ("tree_sitter_python", "textual.widgets._markdown", "importlib.metadata", "shlex"),
}


MOST_OWN = 112
"""Modules of fmtui that the first frame may take: each costs a tenth of a millisecond and what it does."""
MOST_STYLED = 19
"""How often nodes are styled before the first frame: each once."""


def test_the_first_frame_is_drawn_without_what_comes_later(tmp_path: Path) -> None:
    listed, styled = tmp_path / "modules", tmp_path / "styled"
    with Terminal(
        [sys.executable, "-c", PROGRAM, str(listed), str(styled)], clean_environ(tmp_path)
    ) as terminal:
        assert terminal.wait() == 0
    loaded = listed.read_text("utf-8").split()
    assert "fmtui.ui.chat_screen" in loaded
    own = [name for name in loaded if name.startswith("fmtui")]
    assert len(own) <= MOST_OWN, " ".join(own)
    for what, names in LATER.items():
        assert [name for name in names if name in loaded] == [], what
    nodes = styled.read_text("utf-8").split()
    assert nodes.count("PromptPlace") == 1, nodes
    assert len(nodes) <= MOST_STYLED, nodes


FIRST_REQUEST = """
import asyncio, sys
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import FmtuiError
from fmtui.workbench import connect_gathering

async def main(client):
    before = set(sys.modules)
    try:
        await client.models(Endpoint("x", "http://127.0.0.1:9/v1", "openai", source="test"))
    except FmtuiError:
        pass
    print(*sorted(set(sys.modules) - before))

asyncio.run(main(connect_gathering()))
"""


def test_the_first_request_of_the_app_loads_next_to_nothing_in_the_event_loop(tmp_path: Path) -> None:
    environ = clean_environ(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_REQUEST], env=environ, capture_output=True, text=True, check=True
    )
    loaded = ran.stdout.split()
    assert len(loaded) <= 3, loaded
