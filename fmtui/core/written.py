"""A request as it would leave, written down for people: whole, and with names in the place of keys.

It is made of what the client sends, so that it shows no other request; no key comes in, as
what is written here is shown, copied and passed on.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pprint import pformat
from typing import Literal

from fmtui.core.auth import carries_key, header_of, holds_key
from fmtui.core.endpoints import Endpoint, shown_url
from fmtui.core.record import NamedTuple
from fmtui.core.text import MASK

Form = Literal["request", "json", "curl", "python"]
"""How a request can be written: as it goes over the line, its body alone, a command, or a script."""
_SHORTEST_KEY = 8
_DATA = re.compile(r"(data:[\w/+.-]{1,60};base64,)[A-Za-z0-9+/=]{200,}")
_SAID = frozenset({"messages", "prompt"})
"""Fields with the words of the user and of the model, which are theirs."""
_MARK = "JSON"
"""Ends the body in a command; no line of JSON is that word alone."""


class Header(NamedTuple):
    """One header of a request."""

    name: str
    value: str
    """Its value; of one with a key what stands before the key."""
    variable: str = ""
    """The environment variable that stands for the key; empty where there is none."""


class Written(NamedTuple):
    """One request."""

    url: str
    headers: tuple[Header, ...]
    body: dict[str, object]
    variable: str = ""
    """The environment variable that stands for the key of the sign-in; empty without one."""
    username: str = ""
    """Who signs in, where that is done with a name and a password."""
    files: Mapping[str, str] = {}
    """Files for the connection, by the name that curl has for each: `cacert`, `cert`, `key`."""

    def _request(self) -> str:
        """Return all of it, pictures shortened, the body with line breaks."""
        headers = [f"{name}: {value}{MASK if variable else ''}" for name, value, variable in self.headers]
        if self.username:
            headers.append(f"Authorization: Basic {MASK}")
        return "\n".join([f"POST {self.url}", *headers, "", _DATA.sub(_shortened, self.form("json"))])

    def form(self, form: Form) -> str:
        """Return it in a form."""
        match form:
            case "request":
                return self._request()
            case "json":
                return json.dumps(self.body, ensure_ascii=False, indent=2)
            case "curl":
                return "".join(self._curl())
            case "python":
                return "\n".join(self._python())

    def _handed_on(self) -> list[Header]:
        """Return the headers that another program is given: it counts the bytes of its own body."""
        return [header for header in self.headers if header.name.lower() != "content-length"]

    def _curl(self) -> Iterator[str]:
        yield f"curl -sN {shlex.quote(self.url)}"
        for name, path in self.files.items():
            yield f" \\\n  --{name} {shlex.quote(path)}"
        if self.username:
            yield f' \\\n  -u {shlex.quote(f"{self.username}:")}"${self.variable}"'
        for name, value, variable in self._handed_on():
            key = f'"${variable}"' if variable else ""
            yield f" \\\n  -H {shlex.quote(f'{name}: {value}')}{key}"
        yield f" \\\n  --data-binary @- <<'{_MARK}'\n{self.form('json')}\n{_MARK}\n"

    def _python(self) -> Iterator[str]:
        options = ["headers=headers", "json=body", "timeout=None"]
        if any((self.variable, *(each.variable for each in self.headers))):
            yield "import os\n"
        yield "import httpx\n"
        yield "headers = {"
        for name, value, variable in self._handed_on():
            key = f" + os.environ[{variable!r}]" if variable else ""
            yield f"    {name!r}: {value!r}{key},"
        yield "}"
        yield f"body = {pformat(self.body, width=100, sort_dicts=False)}"
        if self.username:
            options.append(f"auth=({self.username!r}, os.environ[{self.variable!r}])")
        if "cacert" in self.files:
            options.append(f"verify={self.files['cacert']!r}")
        if "cert" in self.files:
            options.append(f"cert={(self.files['cert'], self.files.get('key'))!r}")
        yield f'with httpx.stream("POST", {self.url!r}, {", ".join(options)}) as response:'
        yield "    for line in response.iter_lines():"
        yield "        print(line)\n"


def write_down(endpoint: Endpoint, url: str, headers: Mapping[str, str], body: bytes) -> Written:
    """Return a request without its keys.

    Args:
        endpoint: whose request it is.
        url: where it goes.
        headers: all but the one that signs in.
        body: as it is sent.
    """
    credential = endpoint.credential
    # Of those that are changed for a token, what the variable holds is not what is sent.
    named = credential.env if credential.sign_in == "key" else ""
    variable = "" if credential.kind == "none" else named or "TOKEN"
    shown = [_header(name, value) for name, value in headers.items()]
    username = credential.username if credential.kind == "basic" else ""
    if variable and not username:
        shown.append(
            Header(header_of(credential), "" if credential.kind == "api-key" else "Bearer ", variable)
        )
    files = {"cacert": endpoint.ca_file, "cert": endpoint.client_cert, "key": endpoint.client_key}
    return Written(
        shown_url(url),
        tuple(shown),
        _without_keys(json.loads(body)),
        variable,
        username,
        {name: str(path) for name, path in files.items() if path},
    )


def _header(name: str, value: str) -> Header:
    if not holds_key(name, value):
        return Header(name, value)
    scheme, blank, _ = value.rpartition(" ")
    return Header(name, scheme + blank, re.sub(r"\W", "_", name).upper())


def _without_keys(fields: Mapping[str, object]) -> dict[str, object]:
    """Return fields with a word in the place of each that carries a key by its name, however deep."""
    found: dict[str, object] = {}
    for name, value in fields.items():
        if name in _SAID:
            found[name] = value
        elif isinstance(value, Mapping):
            found[name] = _without_keys(value)
        else:
            hidden = isinstance(value, str) and len(value) >= _SHORTEST_KEY and carries_key(name)
            found[name] = MASK if hidden else value
    return found


def _shortened(match: re.Match[str]) -> str:
    size = (len(match[0]) - len(match[1])) * 3 // 4
    return f"{match[1]}… ({size:,} bytes)"
