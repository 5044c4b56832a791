"""Loads parsers and lexers before they are needed, in a thread.

They are kept out of the start, and loading them with the first code block would stop the
screen for a tenth of a second in the middle of the first answer.
"""

from __future__ import annotations

from fmtui.ui.conversation.markdown import render

_TEXT = """# A heading

A *sentence* with **marks**, `code` and a [link](https://example.org).

- a list

> a quotation

| a | table |
|---|---|
| 1 | 2 |

```python
def code(text: str) -> int:
    return len(text) + 1  # and a comment
```
"""


def warm() -> None:
    """Render a little of everything; blocks for about a tenth of a second the first time."""
    render(_TEXT, 80)
