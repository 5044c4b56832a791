"""URLs in all the forms that people paste, and what the environment offers."""

import pytest

from fmtui.core.chat import Params
from fmtui.core.endpoints import (
    DEMO,
    LOCAL_SERVERS,
    Endpoint,
    Kind,
    completion_url,
    guess_kind,
    is_loopback,
    listing_url,
    model_in_url,
    normalise_url,
    workspace_url,
)
from fmtui.core.environment import from_environment
from fmtui.core.errors import ConfigError, UsageError

HOST = "https://dbc-1234.cloud.databricks.com"


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("https://x/v1", "https://x/v1"),
        (" https://x/v1/ ", "https://x/v1"),
        ("https://x/v1/chat/completions", "https://x/v1"),
        ("https://x/v1/chat/completions/", "https://x/v1"),
        ("https://x/v1/completions", "https://x/v1"),
        ("https://x/v1/models", "https://x/v1"),
        ("https://x", "https://x/v1"),
        ("https://x/", "https://x/v1"),
        ("x.example", "https://x.example/v1"),
        ("localhost:8000", "http://localhost:8000/v1"),
        ("127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("[::1]:8000", "http://[::1]:8000/v1"),
        ("HTTPS://X.Example:443/V1", "https://x.example/V1"),
        ("http://x:80/v1#top", "http://x/v1"),
        (
            "https://r.openai.azure.com/openai/v1?api-version=p",
            "https://r.openai.azure.com/openai/v1?api-version=p",
        ),
        ("https://x/api/paas/v4", "https://x/api/paas/v4"),
        (f"{HOST}/serving-endpoints", f"{HOST}/serving-endpoints"),
    ],
)
def test_every_form_of_an_openai_base_means_the_same(typed: str, base: str) -> None:
    assert normalise_url("openai", typed) == base
    assert normalise_url("openai", base) == base


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (HOST, HOST),
        (HOST + "/", HOST),
        ("dbc-1234.cloud.databricks.com", HOST),
        ("DBC-1234.cloud.databricks.com:443/", HOST),
        (f"{HOST}/?o=123#x", HOST),
        (f"{HOST}/ml/endpoints/foo?o=123", HOST),
        (f"{HOST}/serving-endpoints", HOST),
        (f"{HOST}/serving-endpoints/foo/invocations", HOST),
        (f"{HOST}/serving-endpoints/chat/completions", HOST),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("https://proxy.example/databricks/", "https://proxy.example/databricks"),
        (
            "https://u1.serving.cloud.databricks.com/99/serving-endpoints/foo/invocations",
            "https://u1.serving.cloud.databricks.com/99",
        ),
    ],
)
def test_every_form_of_a_workspace_means_its_host(typed: str, host: str) -> None:
    assert normalise_url("databricks", typed) == host
    assert normalise_url("databricks", host) == host


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        (HOST, "databricks"),
        ("adb-99.7.azuredatabricks.net", "databricks"),
        ("https://1.2.gcp.databricks.com/", "databricks"),
        ("https://ws.databricks.com", "databricks"),
        ("http://127.0.0.1:9000/serving-endpoints/x/invocations", "databricks"),
        ("https://api.openai.com/v1", "openai"),
        ("localhost:8000", "openai"),
        ("https://cloud.databricks.com.evil.example", "openai"),
        ("https://notazuredatabricks.net", "openai"),
        (f"{HOST}/ai-gateway/mlflow/v1", "openai"),
        ("https://99.ai-gateway.cloud.databricks.com/mlflow/v1", "openai"),
    ],
)
def test_the_kind_of_server_is_told_by_its_url(typed: str, kind: Kind) -> None:
    assert guess_kind(typed) == kind


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "ftp://x/v1",
        "https://",
        "https:///v1",
        "https://a b/v1",
        "https://x:99999/v1",
        "https://[::1/v1",
        "x\x1b/",
    ],
)
def test_what_is_no_url_is_refused_with_an_example(typed: str) -> None:
    for kind in ("openai", "databricks"):
        with pytest.raises(ConfigError) as caught:
            normalise_url(kind, typed)
        assert "URL" in caught.value.message
        assert caught.value.hint


def test_a_password_in_a_url_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        normalise_url("openai", "https://me:hunter22@x/v1")
    assert "password" in caught.value.message
    assert "hunter22" not in str(caught.value)


def test_the_model_of_a_pasted_invocation_url_is_known() -> None:
    assert model_in_url(f"{HOST}/serving-endpoints/my-model/invocations") == "my-model"
    assert model_in_url(f"{HOST}/serving-endpoints/chat/completions") == ""
    assert model_in_url(HOST) == ""


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.9.9.9", True),
        ("http://localhost", True),
        ("http://me.localhost:1/", False),
        ("http://localhost.:1/", False),
        ("http://localhost.evil.example", False),
        ("http://localhost@evil.example/", False),
        ("http://evil.example#@localhost/", False),
        ("http://evil.example?@localhost/", False),
        ("http://127.0.0.1.nip.io", False),
        ("http://127.0.0.1.", False),
        ("http://127.0.0.256", False),
        ("http://127.0.0.01", False),
        ("http://127.1", False),
        ("http://0x7f.1", False),
        ("http://2130706433", False),
        ("http://l\u043ecalhost", False),
        ("http://\u24db\u24deocalhost", False),
        ("http://\uff11\uff12\uff17.0.0.1", False),
        ("http://[::2]", False),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://LOCALHOST:80", True),
        ("http://[::1]:8000", True),
        ("http://127.0.0.1.evil.example", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("https://x", False),
    ],
)
def test_only_this_machine_counts_as_loopback(url: str, loopback: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_loopback(url) is loopback


# ---- where requests go ------------------------------------------------------


def test_a_serving_endpoint_is_named_in_the_path_whatever_its_mode() -> None:
    endpoint = Endpoint("db", HOST, "databricks")
    url = f"{HOST}/serving-endpoints/llama/invocations"
    assert completion_url(endpoint, Params(model="llama")) == url
    assert completion_url(endpoint, Params(model="llama", mode="completion")) == url


def test_a_name_with_a_slash_stays_one_part_of_the_path() -> None:
    endpoint = Endpoint("db", HOST, "databricks")
    assert (
        completion_url(endpoint, Params(model="a/b?c é"))
        == f"{HOST}/serving-endpoints/a%2Fb%3Fc%20%C3%A9/invocations"
    )


def test_a_unity_catalog_name_goes_to_the_gateway_with_the_model_in_the_body() -> None:
    endpoint, params = Endpoint("db", HOST, "databricks"), Params(model="system.ai.claude-haiku-4-5")
    assert completion_url(endpoint, params) == f"{HOST}/ai-gateway/mlflow/v1/chat/completions"
    assert completion_url(endpoint, Params(model="gpt-4.1")).endswith(
        "/serving-endpoints/gpt-4.1/invocations"
    )


def test_a_workspace_needs_a_model() -> None:
    with pytest.raises(UsageError, match="No model"):
        completion_url(Endpoint("db", HOST, "databricks"), Params())


def test_an_openai_base_is_followed_by_the_operation_and_keeps_its_query() -> None:
    endpoint = Endpoint("x", "https://x/v1?api-version=p")
    assert completion_url(endpoint, Params(model="m")) == "https://x/v1/chat/completions?api-version=p"
    assert completion_url(endpoint, Params(mode="completion")) == "https://x/v1/completions?api-version=p"
    assert listing_url(endpoint) == "https://x/v1/models?api-version=p"


def test_a_workspace_lists_its_serving_endpoints() -> None:
    assert listing_url(Endpoint("db", HOST, "databricks")) == f"{HOST}/api/2.0/serving-endpoints"


def test_the_built_in_endpoints_leave_this_machine_for_nothing() -> None:
    assert all(is_loopback(server.url) for server in LOCAL_SERVERS)
    assert all(normalise_url(server.kind, server.url) == server.url for server in LOCAL_SERVERS)
    assert len({server.name for server in LOCAL_SERVERS} | {DEMO.name}) == 5
    assert DEMO.url.endswith(".invalid")


# ---- the environment --------------------------------------------------------


def offered(**environ: str) -> list[Endpoint]:
    endpoints, problems = from_environment(environ)
    assert problems == []
    return endpoints


def test_an_empty_environment_offers_nothing() -> None:
    assert offered() == []
    assert offered(DATABRICKS_HOST="", DATABRICKS_TOKEN="t", OPENAI_API_KEY=" ", OPENAI_BASE_URL="") == []


def test_a_host_with_a_token_is_an_endpoint_that_reads_the_token_later() -> None:
    (endpoint,) = offered(DATABRICKS_HOST="dbc-1234.cloud.databricks.com/", DATABRICKS_TOKEN="dapi1")
    assert (endpoint.name, endpoint.kind, endpoint.url) == ("databricks", "databricks", HOST)
    assert (endpoint.credential.kind, endpoint.credential.env) == ("bearer", "DATABRICKS_TOKEN")
    assert endpoint.credential.token == ""
    assert endpoint.source == "DATABRICKS_HOST"


def test_a_user_name_and_password_are_sent_as_basic() -> None:
    (endpoint,) = offered(DATABRICKS_HOST=HOST, DATABRICKS_USERNAME="ann", DATABRICKS_PASSWORD="p")
    credential = endpoint.credential
    assert (credential.kind, credential.username, credential.env) == ("basic", "ann", "DATABRICKS_PASSWORD")


def test_a_sign_in_that_is_not_supported_is_offered_and_says_so_when_used() -> None:
    (endpoint,) = offered(DATABRICKS_HOST=HOST, DATABRICKS_TOKEN="t", DATABRICKS_AUTH_TYPE="azure-cli")
    assert "azure-cli" in endpoint.credential.problem
    assert "personal access token" in endpoint.credential.hint


def test_a_user_signs_in_to_the_workspace_and_not_to_a_route_of_it() -> None:
    assert workspace_url(Endpoint("a", HOST, "databricks")) == HOST
    assert workspace_url(Endpoint("a", f"{HOST}/ai-gateway/mlflow/v1?x=1")) == HOST


def test_a_workspace_id_becomes_the_header_of_shared_hosts() -> None:
    (endpoint,) = offered(DATABRICKS_HOST=HOST, DATABRICKS_WORKSPACE_ID="42")
    assert endpoint.headers == {"X-Databricks-Workspace-Id": "42"}


def test_an_openai_key_goes_to_its_own_base_or_to_openai() -> None:
    (endpoint,) = offered(OPENAI_API_KEY="sk")
    assert (endpoint.name, endpoint.url, endpoint.credential.env) == (
        "openai",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
    )
    (endpoint,) = offered(OPENAI_API_KEY="sk", OPENAI_BASE_URL="http://127.0.0.1:9/v1/")
    assert endpoint.url == "http://127.0.0.1:9/v1"
    (endpoint,) = offered(OPENAI_BASE_URL="http://127.0.0.1:9/v1/")
    assert endpoint.credential.kind == "none"


def test_a_token_without_its_host_goes_nowhere() -> None:
    assert offered(DATABRICKS_TOKEN="dapi1") == []
    (endpoint,) = offered(DATABRICKS_TOKEN="dapi1", OPENAI_API_KEY="sk")
    assert endpoint.credential.env == "OPENAI_API_KEY"


def test_a_broken_variable_is_named_and_hides_nothing_else() -> None:
    endpoints, problems = from_environment({"DATABRICKS_HOST": "ftp://x", "OPENAI_API_KEY": "sk"})
    assert [endpoint.name for endpoint in endpoints] == ["openai"]
    assert [problem.key for problem in problems] == ["DATABRICKS_HOST"]
    assert "DATABRICKS_HOST" in problems[0].message
