"""The dialog with all sessions: finds one, shows what is in it, and does with it what is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Literal, Protocol

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from fmtui.core.record import NamedTuple
from fmtui.ui.lazy_rows import LazyRows
from fmtui.ui.line import Line
from fmtui.ui.matching import Query
from fmtui.ui.picker import Picker
from fmtui.ui.rows import Row, SessionRow
from fmtui.ui.session_rows import Known, Look, about, drawn, has_tags, layout_of, parted

Action = Literal["rename", "tag", "pin", "archive", "delete", "undelete", "duplicate"]

_KEYS = (
    # No-break spaces: a key and its words stay on one line.
    "^N\xa0new  ^R\xa0rename  ^P\xa0pin  ^T\xa0tag  ^G\xa0archive  ^K\xa0delete  ^Z\xa0undo  "
    "^D\xa0copy  ^O\xa0{}\xa0archived  F7\xa0search\xa0all\xa0texts  #tag\xa0filters"
)
_EDITED = {
    "rename": "The title of the session under the cursor.",
    "tag": "The tags of the session under the cursor: an empty line takes all away, +tag adds one, "
    "-tag takes one.",
}


def _key_words(editing: Action | None, *, archived: bool) -> str:
    """Return what the keys do that only this list has."""
    return (_EDITED[editing] if editing else _KEYS).format("hide" if archived else "show")


class Choice(NamedTuple):
    """How the user left the list."""

    what: Literal["open", "new", "found"]
    """`found`: something that was searched for is being gone to."""
    session_id: str = ""


class Keeper(Protocol):
    """Who does what the user asks for in the list."""

    def act(self, action: Action, session_id: str, text: str) -> None:
        """Do something with a session; `set_rows` tells what came of it."""
        ...

    def look(self, ids: Sequence[str]) -> None:
        """Look into sessions; `show_looks` tells what was found."""
        ...

    def search(self, text: str) -> None:
        """Search the texts of all sessions, in a dialog over the list."""
        ...


def _has_more(was: SessionRow, row: SessionRow) -> bool:
    """Return whether more may be in a session than when it was looked into."""
    return (was.detail, was.turns, was.running) != (row.detail, row.turns, row.running)


class KeyLine(Static):
    """What the keys do, in lines that part no key from its words."""

    DEFAULT_CSS = """
    KeyLine {
        height: auto;
        max-height: 2;
        padding: 0 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    """
    _words = ""

    def say(self, words: str) -> None:
        """Show words, in which a no-break space parts no line."""
        self._words = words
        self._wrap(self.content_size.width)

    def on_resize(self, event: Resize) -> None:
        """Wrap them anew."""
        self._wrap(event.size.width - 2)

    def _wrap(self, width: int) -> None:
        lines = wrap(self._words, width) if width > 0 else [self._words]
        self.update(Content("\n".join(lines).replace("\xa0", " ")))


class SessionList(Picker[Choice]):
    """Returns a choice, None when the user left without one."""

    SAYS_MORE = True
    BINDINGS = [
        # Some of these keys edit a line of text; here they are too useful for that.
        Binding("ctrl+n", "new", show=False, priority=True),
        Binding("f7", "search", show=False, priority=True),
        Binding("ctrl+r", "edit('rename')", show=False, priority=True),
        Binding("ctrl+t", "edit('tag')", show=False, priority=True),
        Binding("ctrl+p", "act('pin')", show=False, priority=True),
        Binding("ctrl+g", "act('archive')", show=False, priority=True),
        Binding("ctrl+k", "act('delete')", show=False, priority=True),
        Binding("ctrl+z", "act('undelete')", show=False, priority=True),
        Binding("ctrl+d", "act('duplicate')", show=False, priority=True),
        Binding("ctrl+o,f3", "toggle_archived", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    SessionList > Vertical { width: 132; height: 96%; max-height: 48; }
    SessionList .about { height: 5; margin: 1 0 0 0; }
    SessionList.-short .about { height: 2; margin: 0; text-wrap: wrap; }
    """

    def __init__(
        self,
        rows: Sequence[SessionRow],
        current: str = "",
        *,
        keeper: Keeper | None = None,
        query: str = "",
    ) -> None:
        """Make the dialog.

        Args:
            rows: every session, archived ones too, in the order to show them.
            current: id of the session that is open.
            keeper: does what is asked for; without one nothing but choosing is done.
            query: what the field starts with.
        """
        super().__init__("Sessions", "session", "a part of the title, or #tag", query=query, current=current)
        self._keeper = keeper
        self._with_archived = False
        self._looks: dict[str, Look] = {}
        self._asked: set[str] = set()
        self._wanted: list[str] = []
        self._narrowed: tuple[str, list[Known]] = "", []
        self._matched = Query("")
        self._found = 0
        self._editing: Action | None = None
        self._edited = ""
        self._editor: Line
        self._key_line: KeyLine
        self._take(rows)

    def above(self) -> ComposeResult:
        """Lay out the line in which a title or tags are changed, in the place of the field."""
        self._editor = Line()
        self._editor.display = False
        yield self._editor

    def below(self) -> ComposeResult:
        """Lay out what the keys do."""
        self._key_line = KeyLine(markup=False)
        self._show_keys()
        yield self._key_line

    # ---- what it shows

    def set_rows(self, rows: Sequence[SessionRow], note: str = "", cursor: str | None = None) -> None:
        """Show the sessions as they are now.

        Args:
            rows: every session.
            note: what was done.
            cursor: id of the one to go to; the cursor stays where it is by default.
        """
        before = {known.row.id: known.row for known in self._sessions}
        self._take(rows)
        changed = [row.id for row in rows if (was := before.get(row.id)) and _has_more(was, row)]
        for session_id in changed:
            self._looks.pop(session_id, None)
            self._asked.discard(session_id)
        self.set_note(note)
        if self.is_mounted:
            self.filter_now(cursor)

    def renew(self, rows: Sequence[SessionRow]) -> None:
        """Show the sessions as they are now, where that differs; the note stays."""
        if [known.row for known in self._sessions] != list(rows):
            self.set_rows(rows, self._note)

    def show_looks(self, looks: dict[str, Look]) -> None:
        """Show what was read of sessions."""
        self._looks |= looks
        if self.is_mounted:
            self._list.set_layout(self._layout)  # the same, which draws all anew
            self._show_about()

    def _take(self, rows: Sequence[SessionRow]) -> None:
        self._sessions = [Known.of(row) for row in rows]
        self._rows = {row.id: row for row in rows}
        self._list_all()

    def _list_all(self) -> None:
        self._all = [known for known in self._sessions if self._with_archived or self._stays(known.row)]
        self._narrowed = "", self._all
        self._layout = layout_of(known.row for known in self._all)
        self._list.set_layout(self._layout)

    def _stays(self, row: SessionRow) -> bool:
        return not row.archived or row.id == self._current

    def total(self) -> int:
        """Return how many sessions there are, without archived ones while they are not shown."""
        return len(self._all)

    def shown(self) -> int:
        """Return how many of them match."""
        return self._found

    def keys(self) -> str:
        """Return what the keys do that every list has."""
        return "Enter keeps it · Esc leaves it as it was" if self._editing else "Enter opens · Esc leaves"

    def matching(self, query: str) -> Sequence[Row]:
        """Return the sessions that match, best first, the order of the list among equals."""
        words, tags = parted(query)
        self._matched = Query(words)
        last, candidates = self._narrowed
        if not query.startswith(last):
            candidates = self._all
        found = [known for known in candidates if has_tags(known.row, tags)] if tags else candidates
        if words:
            scored = [(known.score(self._matched), known) for known in found]
            scored = [(score, known) for score, known in scored if score > 0]
            self._narrowed = query, [known for _, known in scored]
            scored.sort(key=lambda item: -round(item[0], 3))
            found = [known for _, known in scored]
        self._found = len(found)
        return LazyRows(found, self._row, lambda known: known.row.id)

    def result_of(self, row: Row) -> Choice:
        """Return that a session is to be opened."""
        return Choice("open", row.id)

    def about(self, row: Row) -> str:
        """Return a look into a session."""
        size = self._about_line.content_size
        self._want(row.id)
        return about(self._rows[row.id], self._looks.get(row.id), max(20, size.width), max(2, size.height))

    def _row(self, known: Known) -> Row:
        """Return a session that is to be drawn, and see to it that it is looked into."""
        self._want(known.row.id)
        return drawn(known, self._current, self._matched, self._looks.get(known.row.id))

    def _want(self, session_id: str) -> None:
        if session_id in self._asked or self._keeper is None:
            return
        self._asked.add(session_id)
        if not self._wanted:  # all rows that are drawn now are asked for at once
            self.call_later(self._ask)
        self._wanted.append(session_id)

    def _ask(self) -> None:
        wanted, self._wanted = self._wanted, []
        if self._keeper is not None:
            self._keeper.look(wanted)

    def _show_keys(self) -> None:
        self._key_line.say(_key_words(self._editing, archived=self._with_archived))
        self.show_edge()

    # ---- what is done

    def action_new(self) -> None:
        """Leave the list for a new session."""
        self._only_in_list()
        self.dismiss(Choice("new"))

    def action_search(self) -> None:
        """Search the texts of all sessions."""
        self._only_in_list()
        if self._keeper is not None:
            self._keeper.search(parted(self._field.value)[0])

    def action_toggle_archived(self) -> None:
        """Show archived sessions too, or no more."""
        self._only_in_list()
        self._with_archived = not self._with_archived
        self._list_all()
        self.filter_now()
        self._show_keys()

    def action_act(self, action: Action) -> None:
        """Do something with the session under the cursor; bringing one back needs none."""
        self._only_in_list()
        row = self._list.current
        if self._keeper is not None and (row is not None or action == "undelete"):
            self._keeper.act(action, row.id if row is not None else "", "")

    def action_edit(self, action: Action) -> None:
        """Change the title or the tags of the session under the cursor, in the place of the field."""
        self._only_in_list()
        row = self._list.current
        if row is None or self._keeper is None:
            return
        session = self._rows[row.id]
        self._editing, self._edited = action, row.id
        self._editor.value = session.title if action == "rename" else " ".join(session.tags)
        self._editor.placeholder = "title" if action == "rename" else "tags with spaces between them"
        self._swap(self._field, self._editor)

    def action_leave(self) -> None:
        """Leave the line that is edited, or else the list."""
        if self._editing is None:
            super().action_leave()
        else:
            self._end_edit()

    def _end_edit(self) -> None:
        self._editing = None
        self._swap(self._editor, self._field)

    def _swap(self, before: Input, after: Input) -> None:
        before.display, after.display = False, True
        # At once, not with the next message: what is typed after the key belongs in here.
        self.set_focus(after)
        self._show_keys()

    def _only_in_list(self) -> None:
        """Leave a key to the line that is edited, if one is.

        Raises:
            SkipAction: one is.
        """
        if self._editing is not None:
            raise SkipAction

    @on(Input.Submitted)
    def _edit_entered(self, event: Input.Submitted) -> None:
        action = self._editing
        if event.input is self._editor and action is not None:
            event.stop()
            self._end_edit()
            if self._keeper is not None:
                self._keeper.act(action, self._edited, event.value.strip())
