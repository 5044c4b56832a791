"""The first moments of the app in a real pseudo-terminal: nothing that is typed may be lost."""

from pathlib import Path

from fmtui.core.chat import Turn
from fmtui.core.sessions import SessionStore
from tests.terminal import Terminal, clean_environ, fmtui


def test_what_is_typed_while_the_app_starts_is_in_the_prompt(tmp_path: Path) -> None:
    with Terminal(fmtui("-e", "demo"), clean_environ(tmp_path), fresh=True) as terminal:
        terminal.type("before ")
        terminal.until(lambda t: b"\x1b[?1049h" in t.raw)  # the screen is taken, nothing is drawn yet
        terminal.type("and while")
        # The terminal itself echoes, and makes a line end of Enter, until the app has taken it.
        terminal.until(lambda t: "before and while" in t.text and "F1 help" in t.text)
        terminal.type("\r")
        terminal.until("You wrote 3 words")
        terminal.type("\x11")
        assert terminal.wait() == 0


def test_pasted_controls_send_nothing_and_bytes_that_are_no_text_end_nothing(tmp_path: Path) -> None:
    with Terminal(fmtui("-e", "demo"), clean_environ(tmp_path)) as terminal:
        terminal.until("F1 help")
        terminal.type(b"\x1b[200~one \x1b]52;c;eA==\x07 two\r\nthree \x1b[2J four\r\n\x1b[201~")
        terminal.until("four")
        terminal.type(b"caf\xe9 five")
        terminal.until("five")
        assert "You" not in terminal.text
        assert b"\x1b]52" not in terminal.raw
        terminal.type("\x11")
        assert terminal.wait() == 0


def test_what_is_typed_on_after_the_key_of_a_dialog_gets_into_the_dialog(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "data" / "sessions")
    for prompt in ("Bake a cake", "Mow the lawn"):
        session = store.new()
        asked = Turn.prompt(prompt)
        session.append(asked)
        session.append(Turn("r", "assistant", "As you wish.", asked.id, outcome="complete"))
        session.close()
    with Terminal(
        fmtui("-e", "demo", "--data-dir", str(tmp_path / "data")), clean_environ(tmp_path)
    ) as terminal:
        terminal.until("Mow the lawn")
        terminal.until("4 offered")
        terminal.type("\x0fcake\r")
        # Of the dialog, which has a look into the session too, its first rows alone may have come.
        edges = "─ Sessions", "Esc leaves"
        terminal.until(lambda t: "As you wish." in t.text and not any(edge in t.text for edge in edges))
        assert terminal.text.count("Bake a cake") == 2  # in the conversation and in the list
        assert "Ask anything" in terminal.text
        terminal.type("\x0ccompletion\rgoes on")
        terminal.until("goes on")
        terminal.until("demo · demo-completion")
        terminal.type("\x11")
        assert terminal.wait() == 0


def test_keys_that_come_in_one_go_are_done_in_their_order(tmp_path: Path) -> None:
    with Terminal(fmtui("-e", "demo"), clean_environ(tmp_path)) as terminal:
        terminal.until("Ask anything")
        terminal.until("4 offered")
        for keys, text in (
            ("ab\x7fcd", "acd"),
            ("ab\x1b[Dcd", "acdb"),
            ("ab cd\x17ef", "ab ef"),
            ("ab\x01cd", "cdab"),
            ("ab\x15hello", "hello"),
        ):
            terminal.type(keys)
            terminal.until(f"▌ {text} ")
            terminal.type("\x05\x15\x7f")
            terminal.until("Ask anything")
        for keys, model in (("\x1b[B\r", "demo-reasoning"), ("demo\x1b[B\x1b[B\r", "demo-completion")):
            terminal.type("\x0c")
            terminal.until("4 models")
            terminal.type(keys)  # an arrow behind letters, and Enter behind an arrow
            terminal.until(f" demo · {model} ")
        terminal.type("\x1b[17~")  # the parameters
        terminal.until("Esc leaves")
        terminal.type("\x1b[B\r1\r\x1b[B\r0.5\r")
        terminal.until(lambda t: "temperature       1 " in t.text and "top_p             0.5 " in t.text)
        terminal.type("\x1b")
        terminal.until(lambda t: "Esc leaves" not in t.text)
        terminal.type("\x1bOS")  # the sidebar
        terminal.type("\x1b[B\x1b[B\x1b[B99\r")
        terminal.until("max_tokens  99 ")
        terminal.type("\x1b")
        terminal.type("\x0cdemp\x7fo-com")  # in the field of a dialog
        terminal.until("demo-com ")
        terminal.type("\x11")  # leaves from there
        assert terminal.wait() == 0
