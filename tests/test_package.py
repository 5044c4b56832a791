"""What is packed is found where it is installed, without the checkout beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import fmtui

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_a_copy_elsewhere_has_its_themes_style_sheets_and_version(tmp_path: Path) -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    for name in wheel["packages"]:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for source, target in wheel["force-include"].items():
        shutil.copytree(ROOT / source, tmp_path / target)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "installed.py")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"fmtui {fmtui.__version__}\n", "")


def test_the_command_leads_to_the_program() -> None:
    assert PROJECT["project"]["scripts"] == {"fmtui": "fmtui.cli:main"}
    assert PROJECT["project"]["requires-python"] == ">=3.11"
