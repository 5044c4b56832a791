"""The colours of the conversation, by the variables that every theme defines.

`$text-primary` and its like are made by the framework to be readable on the theme's
background, light or dark. Themes of the terminal's own sixteen colours know no half tones,
so what is muted elsewhere is dim there.
They are the texts that `fmtui.ui.looks` makes styles of.
"""

from __future__ import annotations

from fmtui.ui.conversation.styles import Mark, Style

CSS = """
Conversation {
    width: 1fr;
    height: 1fr;
    color: $foreground;
}
"""

LOOKS: dict[int, str] = {
    Style.STRONG: "bold",
    Style.EMPHASIS: "italic",
    Style.STRONG_EMPHASIS: "bold italic",
    Style.STRIKE: "strike",
    Style.STRONG_STRIKE: "bold strike",
    Style.EMPHASIS_STRIKE: "italic strike",
    Style.STRONG_EMPHASIS_STRIKE: "bold italic strike",
    Style.CODE: "$code-inline or $text-accent",
    Style.LINK: "underline $text-primary",
    Style.URL: "$text-muted",
    Style.HEADING1: "bold underline $text-primary",
    Style.HEADING2: "bold $text-primary",
    Style.HEADING3: "bold $text-secondary",
    Style.HEADING_MARK: "$text-muted",
    Style.BULLET: "$text-primary",
    Style.RULE: "$text-muted",
    Style.QUOTE: "$text-muted",
    Style.TABLE_HEAD: "bold $text-primary",
    Style.TABLE_RULE: "$text-muted",
    Style.FENCE_BAR: "$text-muted",
    Style.FENCE_INFO: "$text-muted",
    Style.KEYWORD: "$code-keyword or bold $text-accent",
    Style.STRING: "$code-string or $text-success",
    Style.COMMENT: "$code-comment or italic $text-muted",
    Style.NUMBER: "$code-number or $text-warning",
    Style.NAME: "$code-name or $text-primary",
    Style.OPERATOR: "$code-operator or $text-secondary",
    Style.INSERTED: "$code-inserted or $text-success",
    Style.DELETED: "$code-deleted or $text-error",
    Style.USER_MARK: "bold $text-success",
    Style.USER_BAR: "$text-success",
    Style.CURSOR: "bold $text-accent",
    Style.ASSISTANT_MARK: "bold $text-primary",
    Style.REASONING: "italic $text-muted",
    Style.META: "$text-muted",
    Style.FOLD: "$text-muted",
    Style.WARNING: "$text-warning",
    Style.ERROR: "bold $text-error",
}
"""How each kind of run looks on top of the widget's own style; the others look like that.

Each is a style of Textual; a variable stands at its end. A theme may give those of code itself.
"""

MARKS: dict[int, str] = {
    Mark.LINK: "bold $background on $text-primary",
    Mark.FOUND: "underline $foreground on $warning-muted",
    Mark.CURRENT: "bold $background on $text-warning",
    Mark.SELECTED: "$input-selection-foreground on $input-selection-background",
}
"""What marks add to the look of the text that is marked."""
ANSI_MARKS: dict[int, str] = {
    Mark.LINK: "bold reverse",
    Mark.FOUND: "bold underline",
    Mark.CURRENT: "bold underline reverse",
    Mark.SELECTED: "reverse",
}
"""The same on a terminal's own colours, of which none is known to be readable on another."""

THUMB, THUMB_FOCUSED = "$text-disabled", "$primary"
