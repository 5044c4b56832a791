"""Where warnings and unexpected errors are written down: one small file, never on the screen.

It holds no prompt, no answer and no key: what is logged is written by fmtui itself, and
tracebacks come without local variables.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

MAX_BYTES = 1_000_000
"""A larger file is started anew; the one before is kept beside it."""


class _PrivateFileHandler(logging.FileHandler):
    """Opens the file at the first record, for its owner alone."""

    def _open(self) -> object:  # type: ignore[override]  # the base names a private type
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MAX_BYTES:
            path.replace(path.with_suffix(".old.log"))
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8")


def log_to(path: Path) -> None:
    """Write fmtui's warnings and errors to a file from now on; a disk that refuses costs only the log."""
    handler = _PrivateFileHandler(path, delay=True)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("fmtui")
    logger.addHandler(handler)
    logger.propagate = False
    logging.raiseExceptions = False  # or a full disk would print a traceback over the screen
