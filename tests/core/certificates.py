"""The certificates in `tests/data/tls`, made by the script there: an authority, servers and a client."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

from tests.servers import DATA

FOLDER = DATA / "tls"
AUTHORITY = FOLDER / "ca.pem"
LOCKED_WITH = "test-password"
"""The password of `client-locked.key`."""


def serving(name: str, *, asks: bool = False) -> ssl.SSLContext:
    """Return what a server needs to be `server`, `expired` or `other`; `asks` for a client's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / f"{name}.pem")
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(AUTHORITY)
    return context


def private_copy(name: str, folder: Path) -> Path:
    """Return a copy of a key that its owner alone can read, as a checkout of the tests is not."""
    path = Path(shutil.copy(FOLDER / name, folder))
    path.chmod(0o600)
    return path
