"""A whole Databricks workspace on a loopback socket, as far as fmtui can tell.

It signs people and programs in, lists what it serves, and answers prompts in the forms and
with the refusals of the real one: see `tests.workspace_models` for its models. What a
`Scenario` asks for goes wrong.

    async with Workspace(Scenario(listing="forbidden")) as workspace:
        ...                              # DATABRICKS_HOST=workspace.origin, DATABRICKS_TOKEN=PAT
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

from tests.servers import OIDC, SSE, Recorded, Scripted, ScriptedServer, Step, Wait, answer, token
from tests.workspace_models import CATALOGUE, Served, answer_events, refusal, whole_answer

PAT = "dapi0123456789abcdef0123456789abcdef"
"""The personal access token that the workspace takes."""
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
CLIENT_SECRET = "dose0123456789abcdef0123456789abcdef"
CLI_TOKEN = "eyJ-of-the-cli"
"""What the Databricks CLI gives out, as `write_cli` makes it."""

_LISTING = "/api/2.0/serving-endpoints"
_GATEWAY = "/ai-gateway/mlflow/v1"


@dataclass(frozen=True)
class Scenario:
    """What is the matter with the workspace; nothing, by default."""

    listing: Literal["full", "empty", "forbidden", "page"] = "full"
    """What the list of serving endpoints is: all, none, refused, or a web page."""
    login: Literal["good", "expired", "elsewhere"] = "good"
    """How the tokens of people are taken: as good, as expired, or as those of another workspace."""
    token_lifetime_s: int = 3600
    """Seconds that tokens for programs say they live."""
    token_uses: int = 0
    """Requests after which a program's token is refused; 0 for never."""
    cold_s: float = 3.0
    """Seconds that `cold-llama` takes to start, once."""
    pace_s: float = 0.0
    """Seconds between two tokens of an answer."""
    down: int = 0
    """How many prompts are refused, with 503, before any is answered."""
    private_link: bool = False
    """Whether every request is redirected to the page about private links."""


HEALTHY = Scenario()


class Workspace(ScriptedServer):
    """Serves the catalogue while it is entered; `routed` has all that was asked."""

    def __init__(self, scenario: Scenario = HEALTHY, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.scenario = scenario
        self._given_out: dict[str, int] = {}
        """Tokens for programs, and how often each was used."""
        self._routes: dict[str, str] = {}
        """Tokens that are for one route-optimised endpoint alone, and the path of its id."""
        self._prompts: dict[str, int] = {}
        """How often each endpoint was asked."""

    def script_for(self, request: Recorded) -> Scripted:
        """Return the answer of the workspace."""
        path = request.target.partition("?")[0]
        if self.scenario.private_link:
            where = f"{self.origin}/login.html?error=private-link-validation-error"
            return Scripted([], 303, {"Location": where}, "length")
        if path == "/oidc/.well-known/oauth-authorization-server":
            oidc = f"{self.origin}/oidc/v1"
            return answer({"authorization_endpoint": f"{oidc}/authorize", "token_endpoint": f"{oidc}/token"})
        if path == "/.well-known/databricks-config":
            return answer({"oidc_endpoint": f"{self.origin}/oidc", "workspace_id": "4242"})
        if path == OIDC:
            return self._token(request)
        refused, who = self._refused(request)
        if refused is not None:
            return refused
        if path == _LISTING:
            return self._listing()
        if path.startswith(_LISTING + "/"):
            served = _named(unquote(path.removeprefix(_LISTING + "/")))
            return _missing() if served is None else answer(served.listed(self.origin, details=True))
        return self._prompted(path, request, who)

    # ---- who asks --------------------------------------------------------------

    def _token(self, request: Recorded) -> Scripted:
        """Give a program a token, for everything or for one route-optimised endpoint."""
        known = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        personal = form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        if personal and form.get("assertion") != CLI_TOKEN:
            return answer({"error": "invalid_grant", "error_description": "The assertion is invalid"}, 400)
        if not personal and request.headers.get("authorization") != f"Basic {known}":
            words = {"error": "invalid_client", "error_description": "Client authentication failed"}
            return answer(words, 401)
        whole = form.get("grant_type") == "client_credentials" and form.get("scope") == "all-apis"
        if not (personal or whole):
            return answer({"error": "invalid_request", "error_description": "grant_type and scope"}, 400)
        text = f"eyJ-{len(self._given_out) + 1}"
        if "authorization_details" in form:
            (detail,) = json.loads(form["authorization_details"])
            if not any(detail["object_path"] == f"/serving-endpoints/{each.id}" for each in CATALOGUE):
                said = f"User is not authorized to the requested authorizations {form.get('assertion', '')}"
                return answer({"error": "invalid_authorization_details", "error_description": said}, 400)
            self._routes[text] = detail["object_path"]
        self._given_out[text] = 0
        return token(text, expires_in=self.scenario.token_lifetime_s)

    def _refused(self, request: Recorded) -> tuple[Scripted | None, str]:
        """Return what is said to a key that is not taken, else None; and whose it is."""
        given = request.headers.get("authorization", "")
        if not given:
            words = "Credential was not sent or was of an unsupported type for this API."
            return _error(401, "UNAUTHENTICATED", words), ""
        basic = "Basic " + b64encode(f"token:{PAT}".encode()).decode()
        if given in (f"Bearer {PAT}", basic, f"Bearer {CLI_TOKEN}"):
            if self.scenario.login == "expired":
                return _error(401, "UNAUTHENTICATED", "Access token expired."), ""
            if self.scenario.login == "elsewhere":
                return _error(403, "PERMISSION_DENIED", "Invalid access token."), ""
            return None, "person"
        text = given.removeprefix("Bearer ")
        if text not in self._given_out:
            return _error(403, "PERMISSION_DENIED", "Invalid access token."), ""
        self._given_out[text] += 1
        if self.scenario.token_uses and self._given_out[text] > self.scenario.token_uses:
            return _error(401, "UNAUTHENTICATED", "The access token has been revoked."), ""
        return None, text

    # ---- what it serves --------------------------------------------------------

    def _listing(self) -> Scripted:
        if self.scenario.listing == "forbidden":
            words = "User does not have permission to list serving endpoints."
            return _error(403, "PERMISSION_DENIED", words)
        if self.scenario.listing == "page":
            page = "<!doctype html><title>Databricks - Sign In</title>"
            return answer(page, headers={"Content-Type": "text/html"})
        if self.scenario.listing == "empty":
            return answer({})
        return answer({"endpoints": [served.listed(self.origin) for served in CATALOGUE]})

    def _prompted(self, path: str, request: Recorded, who: str) -> Scripted:
        """Answer a prompt, wherever the model's name is: in the path or in the body."""
        try:
            body = json.loads(request.body)
        except ValueError:
            return _error(404, "ENDPOINT_NOT_FOUND", f"No API found for '{request.method} {path}'")
        prefix, _, rest = path.partition("/serving-endpoints/")
        name, _, operation = rest.partition("/")
        if path in (f"{_GATEWAY}/chat/completions", f"{_GATEWAY}/completions"):
            name, prefix = _of_catalogue(str(body.get("model", ""))), ""
        elif rest in ("chat/completions", "completions"):
            name = str(body.get("model", ""))
        elif not rest or operation != "invocations":
            return _error(404, "ENDPOINT_NOT_FOUND", f"No API found for '{request.method} {path}'")
        served = _named(unquote(name))
        if served is None or served.route != prefix:
            return _missing()
        return self._trouble(served, body, who) or self._answer(served, body)

    def _trouble(self, served: Served, body: Mapping[str, Any], who: str) -> Scripted | None:
        """Return why a prompt is not answered, None when it is."""
        asked = self._prompts[served.name] = self._prompts.get(served.name, 0) + 1
        if served.route and f"/serving-endpoints/{served.id}" != self._routes.get(who):
            words = "This endpoint is route-optimized: it takes OAuth tokens for it alone, no personal ones."
            return _error(401, "UNAUTHENTICATED", words)
        if who in self._routes and not served.route:
            return _error(403, "PERMISSION_DENIED", "The token is for another endpoint.")
        if served.trouble == "forbidden":
            words = f"User does not have permission to query endpoint {served.name}."
            return _error(403, "PERMISSION_DENIED", words)
        if sum(self._prompts.values()) <= self.scenario.down:
            return _error(503, "TEMPORARILY_UNAVAILABLE", "The service is temporarily unavailable.")
        if not served.ready:
            words = f"The endpoint {served.name} is not ready to serve requests."
            return _error(404, "RESOURCE_DOES_NOT_EXIST", words)
        if "chat" not in served.task and "completions" not in served.task:
            words = f"API type 'mlflow/v1/chat/completions' is not supported by '{served.name}'"
            return _error(400, "BAD_REQUEST", words)
        if wrong := refusal(served, body):
            return _error(400, "BAD_REQUEST", wrong)
        if served.trouble == "busy" and asked % 2:
            words = "REQUEST_LIMIT_EXCEEDED: Exceeded workspace QPS rate limit"
            return _error(429, "REQUEST_LIMIT_EXCEEDED", words, {"Retry-After": "1"})
        if served.trouble == "spent":
            return answer(_spent(body), 429)
        return None

    def _answer(self, served: Served, body: Mapping[str, Any]) -> Scripted:
        wait: list[Step] = []
        if served.trouble == "cold" and self._prompts[served.name] == 1:
            wait = [Wait(self.scenario.cold_s)]
        if not body.get("stream"):
            script = answer(whole_answer(served, body))
            return Scripted(script.steps, 200, script.headers, "length", wait)
        steps: list[Step] = []
        for event in answer_events(served, body):
            steps += [event, Wait(self.scenario.pace_s)] if self.scenario.pace_s else [event]
        return Scripted(steps, 200, SSE, "chunked", wait)


def write_cli(folder: Path, host: str, login: str = "good") -> Path:
    """Write a Databricks CLI that is signed in to the workspace, and return its path.

    Args:
        folder: where to put it.
        host: the workspace, for the words of a login that has expired.
        login: `good`, or `expired` for one that has to be renewed.
    """
    program = folder / "databricks"
    if login == "expired":
        words = (
            "Error: A new access token could not be retrieved because the refresh token is invalid. To "
            f"reauthenticate, run the following command:\n  $ databricks auth login --host {host}"
        )
        text = f"#!/bin/sh\ncat >&2 <<'END'\n{words}\nEND\nexit 1\n"
    else:
        words = json.dumps({"access_token": CLI_TOKEN, "token_type": "Bearer", "expires_in": 3599})
        text = f"#!/bin/sh\ncat <<'END'\n{words}\nEND\n"
    program.write_text(text)
    program.chmod(0o755)
    return program


def _named(name: str) -> Served | None:
    return next((served for served in CATALOGUE if served.name == name), None)


def _of_catalogue(name: str) -> str:
    """Return the serving endpoint that a name of Unity Catalog stands for."""
    if not name.startswith("system.ai."):
        return name
    return "databricks-" + name.removeprefix("system.ai.").replace("_", "-")


def _missing() -> Scripted:
    words = (
        "The given endpoint does not exist, please retry after checking the specified model and version "
        "deployment exists."
    )
    return _error(404, "RESOURCE_DOES_NOT_EXIST", words)


def _spent(body: Mapping[str, Any]) -> dict[str, Any]:
    wanted = body.get("max_tokens") or 0
    return {
        "error": {
            "message": "Rate limit exceeded: OTPM limit of 20,000 tokens reached",
            "type": "rate_limit_exceeded",
            "code": 429,
            "limit_type": "output_tokens_per_minute",
            "limit": 20_000,
            "current": 20_000 + wanted,
            "retry_after": 3600,
        }
    }


def _error(status: int, code: str, words: str, headers: Mapping[str, str] | None = None) -> Scripted:
    extra = {"x-request-id": "fake-request-1", **(headers or {})}
    return answer({"error_code": code, "message": words}, status, extra)
