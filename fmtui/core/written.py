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

from fmtui.core.auth import header_of, holds_key, scheme_of
from fmtui.core.endpoints import Endpoint, shown_url, text_secrets, without_keys
from fmtui.core.record import NamedTuple
from fmtui.core.text import MASK

Form = Literal["request", "json", "curl", "python"]
"""How a request can be written: as it goes over the line, its body alone, a command, or a script."""
_DATA = re.compile(r"(data:[\w/+.-]{1,60};base64,)[A-Za-z0-9+/=]{200,}")
_SAID = frozenset({"messages", "prompt"})
"""Fields with the words of the user and of the model, which are theirs."""
_HIDDEN = re.compile(rf"(?:(?<=[?&])([^?&=]*)=)?{re.escape(MASK)}")
"""A value in the query of a URL that may be a key, and its name."""
_SIGNS = re.compile("[\x7f-\x9f\u2028\u2029]")
"""Signs that do something in a terminal that they are pasted into, and may stand in JSON as they are."""
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
                return _SIGNS.sub(_escaped, json.dumps(self.body, ensure_ascii=False, indent=2))
            case "curl":
                return "".join(self._curl())
            case "python":
                return "\n".join(self._python())

    def _handed_on(self) -> list[Header]:
        """Return the headers that another program is given: it counts the bytes of its own body."""
        return [header for header in self.headers if header.name.lower() != "content-length"]

    def _address(self) -> Iterator[tuple[str, str]]:
        """Yield the parts of the URL, each with the variable for what follows it, if anything does."""
        at = 0
        for hidden in _HIDDEN.finditer(self.url):
            yield self.url[at : hidden.end() - len(MASK)], _variable(hidden[1] or "query")
            at = hidden.end()
        if rest := self.url[at:]:
            yield rest, ""

    def _curl(self) -> Iterator[str]:
        # Without `-g` brackets and braces in a URL are taken for many URLs.
        yield "curl -sSgN " + "".join(_in_shell(*part) for part in self._address())
        for name, path in self.files.items():
            yield f" \\\n  --{name} {shlex.quote(path)}"
        if self.username:
            yield f" \\\n  -u {_in_shell(f'{self.username}:', self.variable)}"
        for name, value, variable in self._handed_on():
            # A header without a value is told with a semicolon: with a colon curl leaves it out.
            field = f"{name}: {value}" if value or variable else f"{name};"
            yield f" \\\n  -H {_in_shell(field, variable)}"
        yield f" \\\n  --data-binary @- <<'{_MARK}'\n{self.form('json')}\n{_MARK}\n"

    def _python(self) -> Iterator[str]:
        options = ["headers=headers", "json=body", "timeout=None"]
        address = [*self._address()]
        variables = self.variable, *(each.variable for each in self.headers), *(name for _, name in address)
        if any(variables):
            yield "import os\n"
        yield "import httpx\n"
        yield "headers = {"
        for name, value, variable in self._handed_on():
            yield f"    {name!r}: {_in_script(value, variable)},"
        yield "}"
        yield f"body = {pformat(self.body, width=100, sort_dicts=False)}"
        if self.username:
            options.append(f"auth=({self.username!r}, os.environ[{self.variable!r}])")
        if "cacert" in self.files:
            options.append(f"verify={self.files['cacert']!r}")
        if "cert" in self.files:
            options.append(f"cert={(self.files['cert'], self.files.get('key'))!r}")
        url = " + ".join(_in_script(*part) for part in address)
        yield f'with httpx.stream("POST", {url}, {", ".join(options)}) as response:'
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
    named = credential.env if credential.sign_in == "key" and credential.env.isidentifier() else ""
    variable = "" if credential.kind == "none" else named or "TOKEN"
    own = header_of(credential).lower() if variable else ""
    shown = [_header(name, value, variable) for name, value in headers.items() if name.lower() != own]
    username = credential.username if credential.kind == "basic" else ""
    if variable and not username:
        shown.append(
            Header(header_of(credential), "" if credential.kind == "api-key" else "Bearer ", variable)
        )
    files = {"cacert": endpoint.ca_file, "cert": endpoint.client_cert, "key": endpoint.client_key}
    fields: dict[str, object] = json.loads(body)
    return Written(
        shown_url(url),
        tuple(shown),
        {name: value if name in _SAID else _without_keys(name, value) for name, value in fields.items()},
        variable,
        username,
        {name: str(path) for name, path in files.items() if path},
    )


def _header(name: str, value: str, taken: str) -> Header:
    if not holds_key(name, value) and not text_secrets(value):
        return Header(name, value)
    variable = _variable(name)
    return Header(name, scheme_of(value), f"{variable}_HEADER" if variable == taken else variable)


def _without_keys(name: str, value: object) -> object:
    fields = without_keys({name: value}, [])
    return fields[name] if isinstance(fields, dict) else fields


def _variable(name: str) -> str:
    """Return the environment variable for what has a name in a request."""
    variable = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    return variable if variable.isidentifier() else f"KEY_{variable}"


def _in_shell(text: str, variable: str) -> str:
    return shlex.quote(text) + (f'"${variable}"' if variable else "")


def _in_script(text: str, variable: str) -> str:
    """Return an expression of Python."""
    parts = [repr(text)] if text or not variable else []
    return " + ".join([*parts, *([f"os.environ[{variable!r}]"] if variable else [])])


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _shortened(match: re.Match[str]) -> str:
    size = (len(match[0]) - len(match[1])) * 3 // 4
    return f"{match[1]}… ({size:,} bytes)"
