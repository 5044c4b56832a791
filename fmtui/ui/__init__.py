"""The screen: widgets that show values and post messages.

`app` shows `chat_screen`, the one place where services of the core and widgets meet; the modules
`chat_*` are its parts, each with the commands of one subject. Every command is a row of
`command_table`. Widgets know nothing of the parts: they are told what to show, and post what
happened.

    `conversation`: everything above the prompt, one widget.
    `prompt` and `prompt_*`: the editor; `completion` and `*_completion` what it offers.
    `sidebar`, `status`, `find_bar`, `pending_bar`, `notices`: what stands around them.
    dialogs: all derive from `dialog`; those for choosing from `picker`, those with fields from
        `form_screen`.
    `themes` and `looks`: colours; `keymap` and `chords`: keys.
    `pace`, `paced` and `terminal*`: when frames are drawn, and what is written of them.
"""
