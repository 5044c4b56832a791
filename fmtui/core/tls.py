"""What checks the certificates of servers, and what a server is shown in return.

Certificates are always checked: there is no setting that turns it off.
"""

from __future__ import annotations

import os
import re
import shlex
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import certifi

from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import ConfigError
from fmtui.core.private import exposure
from fmtui.core.text import one_line


def tls_context(endpoint: Endpoint, environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return what makes the secure connections of an endpoint; it takes up to 100 ms, so call it in a thread.

    Args:
        endpoint: its `ca_file` is trusted instead of all others, and its `client_cert` is shown
            to a server that asks for one.
        environ: `SSL_CERT_FILE` and `SSL_CERT_DIR` in it are trusted instead of the system's
            authorities and those of certifi, as by most programs; it holds the password of the
            client's key.

    Raises:
        ConfigError: a file cannot be read or used, or others can read the client's key.
    """
    context = _trusting(endpoint.ca_file, environ)
    if endpoint.client_cert:
        _show(context, endpoint, environ)
    return context


def proxy_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return what checks the certificate of a proxy that is spoken to over TLS; see `tls_context`."""
    return _trusting("", environ)


def _trusting(ca_file: str, environ: Mapping[str, str]) -> ssl.SSLContext:
    file = os.path.expanduser(ca_file) if ca_file else environ.get("SSL_CERT_FILE", "")  # noqa: PTH111 - a str stays a str
    folder = "" if ca_file else environ.get("SSL_CERT_DIR", "")
    advice = "Check ca_file of the endpoint." if ca_file else "Check SSL_CERT_FILE and SSL_CERT_DIR."
    folders = [part for part in folder.split(os.pathsep) if part]
    # OpenSSL would take no notice of a folder that is not there, and every server be refused.
    if folders and not any(Path(part).is_dir() for part in folders):
        raise ConfigError(f"{one_line(folder)} is no folder of certificates.", advice)
    try:
        if file or not folders:
            context = ssl.create_default_context(cafile=file or certifi.where())
        else:
            context = ssl.create_default_context(capath=folders[0])
        for part in folders:
            context.load_verify_locations(capath=part)
        if not file and not folders:
            _trust_system(context)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else ""
        raise ConfigError(
            f"The certificates in {one_line(file or folder)} cannot be used: "
            f"{reason or 'no certificate in it could be read'}.",
            advice,
            key="ca_file" if ca_file else "",
        ) from error
    return context


def _trust_system(context: ssl.SSLContext) -> None:
    """Trust the authorities of the system too: organisations put theirs there, for all programs.

    A folder in OpenSSL's form is searched only when a certificate is checked, and costs nothing
    now; the file beside it holds the same and takes as long to read as that of certifi.
    """
    paths = ssl.get_default_verify_paths()
    with suppress(OSError):  # also what is no certificate: the others are there
        folder, file = Path(paths.openssl_capath), Path(paths.openssl_cafile)
        if (
            folder.is_absolute()
            and folder.is_dir()
            and any(_HASHED.fullmatch(path.name) for path in folder.iterdir())
        ):
            context.load_verify_locations(capath=folder)
        elif file.is_absolute():
            context.load_verify_locations(cafile=file)


_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
"""The name of a certificate in a folder that OpenSSL can search."""


def _show(context: ssl.SSLContext, endpoint: Endpoint, environ: Mapping[str, str]) -> None:
    """Take the client's certificate and its key into a context."""
    of = f"of endpoint “{endpoint.name}”"
    certificate, key = Path(endpoint.client_cert), Path(endpoint.client_key or endpoint.client_cert)
    name = "client_key" if endpoint.client_key else "client_cert"
    try:
        # Looked at as it is used, so that nothing can come between.
        with key.open("rb") as stream:
            stat, content = os.fstat(stream.fileno()), stream.read(_KEY_LIMIT)
        with certificate.open("rb"):
            pass
    except (OSError, ValueError) as error:
        file = one_line(str(error.filename or key)) if isinstance(error, OSError) else "The file"
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise ConfigError(
            f"{file} cannot be read: {reason}.", f"Check client_cert and client_key {of}."
        ) from None
    if exposure(stat):
        raise ConfigError(
            f"The key in {one_line(str(key))} is not used, as other users can read it.",
            f"Run: chmod 600 {shlex.quote(str(key))}",
            key=name,
        )
    variable = endpoint.client_key_password_env
    password = environ.get(variable, "") if variable else ""
    if b"ENCRYPTED" in content and not password:
        raise ConfigError(
            f"The key in {one_line(str(key))} needs a password"
            f"{f', and {variable} is not set' if variable else ''}.",
            f"Run: export {variable}=… and start fmtui again."
            if variable
            else f"Name the variable that holds it with client_key_password_env {of}.",
            key="client_key_password_env",
        )
    try:
        # With a password always given, OpenSSL never asks for one on the terminal.
        context.load_cert_chain(certificate, key, password=password)
    except (OSError, ValueError):  # not quoted: the texts of OpenSSL help nobody
        wrong = f"{one_line(str(certificate))} and {one_line(str(key))} are no certificate and its key"
        raise ConfigError(
            f"{wrong}{', or the password is wrong' if password else ''}.",
            f"Both must be PEM files; check client_cert and client_key {of}.",
            key="client_cert",
        ) from None


_KEY_LIMIT = 65_536
"""Bytes of a key's file that are searched for its encryption."""
