"""Checks an installed copy of fmtui, away from its checkout: that nothing it needs was left out.

Run it with an interpreter that finds the copy, `python tests/installed.py`; it prints the
version. It is run on a wheel by `.ci/run`, and by a test on a copy of the package.
"""

from __future__ import annotations

from pathlib import Path

import fmtui
from fmtui.cli import main
from fmtui.ui.themes import load_themes, shipped_folder

CHECKOUT = Path(__file__).resolve().parents[1]


def missing(package: Path) -> list[str]:
    """Return the files of the checkout's package and themes that an installed package lacks."""
    wanted = [path.relative_to(CHECKOUT / "fmtui") for path in (CHECKOUT / "fmtui").rglob("*.*")]
    wanted += [path.relative_to(CHECKOUT) for path in (CHECKOUT / "themes").glob("*.toml")]
    kept = [path for path in wanted if "__pycache__" not in path.parts]
    return sorted(str(path) for path in kept if not (package / path).is_file())


def check() -> None:
    """Check the copy that this interpreter imports.

    Raises:
        SystemExit: something is wrong with it, or it is the checkout itself.
    """
    package = Path(fmtui.__file__).resolve().parent
    if package.parent == CHECKOUT:
        raise SystemExit(f"{package} is the checkout, not an installed copy.")
    if lacking := missing(package):
        raise SystemExit(f"{package} lacks {', '.join(lacking)}.")
    themes, problems = load_themes([shipped_folder()])
    if shipped_folder() != package / "themes" or problems or not themes:
        raise SystemExit(f"The themes of {package} are not found: {shipped_folder()} {problems}")
    main(["--version"])


if __name__ == "__main__":
    check()
