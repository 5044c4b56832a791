"""Where the prompt will be: what an empty one looks like, for the first frame."""

from __future__ import annotations

from textual.widget import Widget

PLACEHOLDER = "Ask anything"
"""Stands in the prompt while it is empty."""


class PromptPlace(Widget):
    """Keeps the prompt's place while the editor is loaded, which takes as long as many frames.

    What is typed by then is kept and goes to the prompt.
    """

    DEFAULT_CSS = """
    PromptPlace {
        height: auto;
        border-left: outer $primary;
        padding: 0 1;
        color: $text-muted;
        background: $surface;
        &:ansi { text-style: dim; }
    }
    """

    def render(self) -> str:
        """Draw what is read in an empty prompt."""
        return PLACEHOLDER
