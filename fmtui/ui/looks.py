"""Styles as texts, such as `bold $text-accent`, for parts of widgets that draw themselves.

Component classes would do the same in the style sheet. But all of a widget's are worked
out, each by way of a virtual widget, before the first frame and with every change of focus;
a text is worked out once, when something is drawn that needs it.
"""

from __future__ import annotations

import re

from textual.app import App
from textual.style import Style

MUTED = "$text-muted"
_VARIABLE = re.compile(r"\$([\w-]+)")


def look(app: App[object], text: str) -> Style:
    """Return the style of a style text in the app's theme, to be added to a widget's own.

    Muted text has half a tone. A theme of the terminal's own colours knows none: there it is dim.
    `$own or bold $usual` is the variable that only some themes give, where this one does, else the rest.
    """
    variables = app.theme_variables
    given, _, usual = text.partition(" or ")
    text = usual if usual and given.removeprefix("$") not in variables else given
    # The variable's text is put in here: Textual 8.2, given its name, forgets a percentage in it.
    filled = _VARIABLE.sub(lambda match: variables.get(match[1], ""), text)
    if MUTED in text and app.native_ansi_color:
        filled = f"dim {filled}"
    return app.stylesheet.parse_style(" ".join(word for word in filled.split() if word != "none"))
