"""Which proxy leads to a server, as the environment says. Pure.

The rules are those of curl: `https_proxy` before `HTTPS_PROXY`, `ALL_PROXY` for what has none
of its own, and `NO_PROXY` with domains, addresses, networks and ports. A proxy's URL may
hold a password: it goes to the proxy and is never shown.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


def proxy_for(url: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the proxy that leads to a URL and the variable that names it; both empty for none.

    Args:
        url: of a server that is not on this machine.
        environ: the environment variables.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not parts.hostname or _excepted(parts.hostname, port, _value("no_proxy", environ)[0]):
        return "", ""
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        proxy, variable = _value(name, environ)
        if proxy:
            return proxy if "://" in proxy else f"http://{proxy}", variable
    if sys.platform == "darwin" and not any(_value(name, environ)[0] for name in _VARIABLES):
        return _of_the_mac(parts.scheme, parts.hostname)
    return "", ""


def _value(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return a setting and the name of its variable; small letters come first, even empty."""
    variable = name if name in environ else name.upper()
    return environ.get(variable, "").strip(), variable


def _excepted(host: str, port: int, exceptions: str) -> bool:
    """Return whether `NO_PROXY` names a host."""
    host = host.rstrip(".").lower()
    return any(_matches(entry, host, port) for entry in re.split(r"[,\s]+", exceptions.lower()) if entry)


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name = entry.partition("://")[2] or entry
    if (network := _network(name)) is not None:
        address = _address(host)
        return address is not None and address in network
    name, number = _split_port(name)
    if number not in ("", str(port)):
        return False
    address = _address(host)
    if address is not None:
        return address == _address(name)
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(name: str) -> tuple[str, str]:
    """Return a name and the port behind it, empty for none; an address of version 6 is all colons."""
    if name.startswith("["):
        inside, _, rest = name[1:].partition("]")
        return inside, rest.removeprefix(":")
    if name.count(":") != 1:
        return name, ""
    name, _, port = name.partition(":")
    return name, port


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _of_the_mac(scheme: str, host: str) -> tuple[str, str]:
    """Return the proxy that the settings of macOS name, which programs there are expected to take."""
    from urllib import request  # noqa: PLC0415 - only a Mac pays for it

    if request.proxy_bypass(host):
        return "", ""
    proxy = request.getproxies().get(scheme, "")
    return (proxy, "the network settings") if proxy else ("", "")
