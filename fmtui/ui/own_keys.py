"""Keys of an editor, in the order in which they were typed.

Textual runs what is bound to a key once that key has travelled up to the app, while letters
are taken in at once. Of keys that come in one go, as over a slow line, Backspace would then
take away a letter that was typed after it.
"""

from __future__ import annotations

from textual.binding import NoBinding
from textual.events import Key
from textual.widget import Widget


async def done_at_once(widget: Widget, event: Key) -> bool:
    """Do what a widget itself has bound to a key; return whether there was anything to do."""
    try:
        bindings = widget._bindings.get_bindings_for_key(event.key)  # noqa: SLF001 - Textual has no other way to ask
    except NoBinding:
        return False
    for binding in bindings:
        if not binding.priority and await widget.app.run_action(binding.action, widget):
            event.prevent_default().stop()
            return True
    return False
