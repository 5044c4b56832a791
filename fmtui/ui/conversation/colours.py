"""The colours of the conversation, by the variables that every theme defines.

`$text-primary` and its like are made by the framework to be readable on the theme's
background, light or dark. Themes of the terminal's own sixteen colours know no half tones,
so what is muted elsewhere is dim there.
"""

CSS = """
Conversation {
    width: 1fr;
    height: 1fr;
    color: $foreground;

    & > .conversation--strong { text-style: bold; }
    & > .conversation--emphasis { text-style: italic; }
    & > .conversation--strong-emphasis { text-style: bold italic; }
    & > .conversation--strike { text-style: strike; }
    & > .conversation--strong-strike { text-style: bold strike; }
    & > .conversation--emphasis-strike { text-style: italic strike; }
    & > .conversation--strong-emphasis-strike { text-style: bold italic strike; }
    & > .conversation--code { color: $text-accent; }
    & > .conversation--link { color: $text-primary; text-style: underline; }
    & > .conversation--url { color: $text-muted; }
    & > .conversation--heading1 { color: $text-primary; text-style: bold underline; }
    & > .conversation--heading2 { color: $text-primary; text-style: bold; }
    & > .conversation--heading3 { color: $text-secondary; text-style: bold; }
    & > .conversation--heading-mark { color: $text-muted; }
    & > .conversation--bullet { color: $text-primary; }
    & > .conversation--rule { color: $text-muted; }
    & > .conversation--quote { color: $text-muted; }
    & > .conversation--table-head { color: $text-primary; text-style: bold; }
    & > .conversation--table-rule { color: $text-muted; }
    & > .conversation--fence-bar { color: $text-muted; }
    & > .conversation--fence-info { color: $text-muted; }
    & > .conversation--keyword { color: $text-accent; text-style: bold; }
    & > .conversation--string { color: $text-success; }
    & > .conversation--comment { color: $text-muted; text-style: italic; }
    & > .conversation--number { color: $text-warning; }
    & > .conversation--name { color: $text-primary; }
    & > .conversation--operator { color: $text-secondary; }
    & > .conversation--inserted { color: $text-success; }
    & > .conversation--deleted { color: $text-error; }
    & > .conversation--user-mark { color: $text-success; text-style: bold; }
    & > .conversation--user-bar { color: $text-success; }
    & > .conversation--assistant-mark { color: $text-primary; text-style: bold; }
    & > .conversation--reasoning { color: $text-muted; text-style: italic; }
    & > .conversation--meta { color: $text-muted; }
    & > .conversation--warning { color: $text-warning; }
    & > .conversation--error { color: $text-error; text-style: bold; }
    & > .conversation--thumb { color: $text-disabled; }
    &:focus > .conversation--thumb { color: $primary; }

    &:ansi > .conversation--url, &:ansi > .conversation--rule, &:ansi > .conversation--quote,
    &:ansi > .conversation--table-rule, &:ansi > .conversation--heading-mark,
    &:ansi > .conversation--fence-bar, &:ansi > .conversation--fence-info,
    &:ansi > .conversation--comment, &:ansi > .conversation--meta { text-style: dim; }
    &:ansi > .conversation--reasoning { text-style: dim italic; }
}
"""
