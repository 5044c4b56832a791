"""The rules of the architecture, read from the source.

They keep the core usable without a screen, the widgets usable without the core's
services, and every module small enough to be read at one sitting.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "fmtui"
MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in MODULES if "core" in path.parts]
SCREEN = [path for path in MODULES if "ui" in path.parts]

SERVICES = {"client", "sessions", "config", "endpoints", "state", "exchange", "demo", "model_cache"}
"""Core modules that do things; the rest are values."""

JOINTS = (
    *("fmtui.cli", "fmtui.ask", "fmtui.api", "fmtui.choosing", "fmtui.listings", "fmtui.workbench"),
    *(
        "fmtui.doctor",
        "fmtui.session_commands",
        "fmtui.session_actions",
        "fmtui.asking",
        "fmtui.plain_talk",
        "fmtui.plain_commands",
    ),
    *("fmtui.ui.app", "fmtui.ui.setup"),
)
"""Modules outside core that may know services; `fmtui.ui.chat_*` are the parts of the chat screen."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all of a module's syntax; reading it takes far longer than looking at it."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Return the names a module imports, also those inside functions."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} uses a relative import"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_joint(name: str) -> bool:
    return name in JOINTS or name.startswith("fmtui.ui.chat_")


def test_core_never_imports_the_screen() -> None:
    for path in CORE:
        for name in imports_of(path):
            assert name.split(".")[0] not in {"textual", "rich"}, path
            assert not name.startswith("fmtui.ui"), path


def test_loading_all_of_core_loads_no_screen() -> None:
    names = [module_name(p) for p in MODULES if "core" in p.parts]
    code = (
        "import sys, importlib\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "screen = ('textual', 'rich', 'fmtui.ui')\n"
        "print([n for n in sys.modules if n.startswith(screen)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_import_cycle_anywhere_even_hidden_in_a_function() -> None:
    names = {module_name(p) for p in MODULES}
    graph = {
        module_name(p): {i for i in imports_of(p) if i in names and i != module_name(p)} for p in MODULES
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_values_do_not_know_the_modules_that_use_them() -> None:
    order = ["errors", "text", "chat", "wire", "client"]
    for position, name in enumerate(order):
        path = PACKAGE / "core" / f"{name}.py"
        later = {f"fmtui.core.{other}" for other in order[position + 1 :]}
        assert not later & set(imports_of(path)), name
    assert "fmtui.core.config" not in set(imports_of(PACKAGE / "core" / "endpoints.py"))
    assert "fmtui.core.endpoints" not in set(imports_of(PACKAGE / "core" / "auth.py"))


def test_widgets_know_values_of_core_and_nothing_else() -> None:
    # `text` holds the gate of terminal safety, which belongs where text enters the lines.
    # `config_text` finds the lines of any TOML text, themes too.
    allowed = {"fmtui.core.chat", "fmtui.core.record", "fmtui.core.reply", "fmtui.core.text", "fmtui.core"}
    # `attachments` knows what of a prompt's text is a file's.
    allowed |= {"fmtui.core.config_text", "fmtui.core.attachments"}
    for path in SCREEN:
        for name in () if is_joint(module_name(path)) else imports_of(path):
            if name.startswith("fmtui.core"):
                known = any(name == a or name.startswith(a + ".") for a in allowed - {"fmtui.core"})
                assert known, (path, name)


def test_widgets_do_not_reach_into_our_app() -> None:
    for path in SCREEN:
        source = path.read_text("utf-8")
        assert "ContextVar" not in source, path
        assert "os.environ" not in source, path
        if not is_joint(module_name(path)):
            assert "fmtui.ui.app" not in set(imports_of(path)), path
            assert "fmtui.ui.chat_screen" not in set(imports_of(path)), path


def test_services_are_known_only_where_they_are_joined() -> None:
    for path in MODULES:
        name = module_name(path)
        if "core" in path.parts or is_joint(name) or name == "fmtui":
            continue
        known = {i.split(".")[2] for i in imports_of(path) if i.startswith("fmtui.core.")}
        assert not known & SERVICES, name


def test_sockets_are_opened_in_one_place() -> None:
    for path in MODULES:
        name = module_name(path)
        tops = {i.split(".")[0] for i in imports_of(path)}
        assert "socket" not in tops or name == "fmtui.core.loop", name
        if "httpx_sse" in tops:
            assert name in {"fmtui.core.client", "fmtui.core.sse"}, name
        assert "AsyncClient(" not in path.read_text("utf-8") or name == "fmtui.core.network", name


def test_modules_classes_and_functions_stay_small() -> None:
    for path in MODULES:
        assert path.read_text("utf-8").count("\n") <= 400, path
        for node in nodes_of(path):
            lines = (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1
            if isinstance(node, ast.ClassDef):
                assert lines <= 250, f"{path}: class {node.name} has {lines} lines"
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert lines <= 60, f"{path}: function {node.name} has {lines} lines"


def test_notices_never_read_markup() -> None:
    """`notify` interprets markup unless told not to: a server's `[/x]` would end the app."""
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "notify":
                keywords = {k.arg: k.value for k in node.keywords}
                markup = keywords.get("markup")
                assert isinstance(markup, ast.Constant), f"{path.name}:{node.lineno}"
                assert markup.value is False


def test_printing_the_version_loads_neither_the_screen_nor_the_client() -> None:
    code = (
        "import sys\nfrom fmtui.cli import main\n"
        "try: main(['--version'])\nexcept SystemExit: pass\n"
        "print([n for n in ('textual', 'httpx', 'rich') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
