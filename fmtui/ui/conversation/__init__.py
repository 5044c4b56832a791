"""The scrolling conversation: one widget, lines made of markdown, and what is on the screen.

From a text to the screen:
    `parsing` cuts markdown into blocks, line by line; `inline`, `code` and `table` say what is in
        them, `lines` wraps that. `markdown` draws a text that is whole, `stream` one that grows.
    `parts` takes a turn apart, `live` a reply that is coming, so that only what is seen is drawn;
        `entries` are the turns of the path that is shown.
    `view` knows which of their lines are on the screen, as arithmetic without a screen.
    `paint` makes strips of lines: only there are colours.

`widget` joins them. What a reader can do is in its bases, each on top of the one before:
`moving`, `selecting`, `pointing`, `browsing`, `searching` and `turning`.
"""
