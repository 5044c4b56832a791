"""The profiles of `~/.databrickscfg`."""

from pathlib import Path

import pytest

from fmtui.core.endpoints import Endpoint
from fmtui.core.profiles import from_profiles, profiles_path

EXAMPLE = """\
[DEFAULT]
host  = https://dbc-1234.cloud.databricks.com
token = dapi-of-default

[__settings__]
default_profile = staging
auth_storage    = secure

[staging]
host      = dbc-5678.cloud.databricks.com/
auth_type = databricks-cli

[ci]
host          = https://adb-99.7.azuredatabricks.net
client_id     = 11111111-2222-3333-4444-555555555555
client_secret = dose-secret
"""


def read(folder: Path, text: str, first: str = "") -> list[Endpoint]:
    path = folder / ".databrickscfg"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    endpoints, problems = from_profiles(path, first)
    assert problems == []
    return endpoints


def problem(folder: Path, text: str) -> tuple[list[str], str, int | None]:
    path = folder / ".databrickscfg"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    endpoints, problems = from_profiles(path)
    assert len(problems) == 1
    assert problems[0].file == str(path)
    return [endpoint.name for endpoint in endpoints], str(problems[0]), problems[0].line


def test_case_120_every_profile_is_offered_and_the_settings_are_not(tmp_path: Path) -> None:
    staging, default, ci = read(tmp_path, EXAMPLE)
    assert (default.name, default.url) == ("DEFAULT", "https://dbc-1234.cloud.databricks.com")
    assert (default.credential.kind, default.credential.token) == ("bearer", "dapi-of-default")
    assert (staging.name, staging.url) == ("staging", "https://dbc-5678.cloud.databricks.com")
    assert (ci.name, ci.url) == ("ci", "https://adb-99.7.azuredatabricks.net")
    assert {endpoint.kind for endpoint in (staging, default, ci)} == {"databricks"}
    assert default.source == ".databrickscfg [DEFAULT]"


def test_case_120_the_token_of_default_does_not_leak_into_the_others(tmp_path: Path) -> None:
    others = [endpoint for endpoint in read(tmp_path, EXAMPLE) if endpoint.name != "DEFAULT"]
    assert [endpoint.credential.token for endpoint in others] == ["", "dose-secret"]


def test_case_120_each_profile_signs_in_its_own_way(tmp_path: Path) -> None:
    staging, default, ci = (endpoint.credential for endpoint in read(tmp_path, EXAMPLE))
    assert (staging.sign_in, staging.profile) == ("databricks-cli", "staging")
    assert (default.sign_in, default.profile) == ("key", "")
    assert (ci.sign_in, ci.client_id) == ("oauth-m2m", "11111111-2222-3333-4444-555555555555")
    assert [each.problem for each in (staging, default, ci)] == ["", "", ""]


@pytest.mark.parametrize(
    ("keys", "method"),
    [
        ("azure_tenant_id = t", "azure-client-secret"),
        ("token = t\nauth_type = azure-cli", "azure-cli"),
        ("auth_type = external-browser", "external-browser"),
    ],
)
def test_a_sign_in_that_fmtui_cannot_do_is_named_with_what_works(
    tmp_path: Path, keys: str, method: str
) -> None:
    (endpoint,) = read(tmp_path, f"[a]\nhost = x.cloud.databricks.com\n{keys}\n")
    assert f"The sign-in {method} " in endpoint.credential.problem
    assert "personal access token" in endpoint.credential.hint
    assert "token_command" in endpoint.credential.hint


def test_the_default_profile_comes_first_unless_another_is_asked_for(tmp_path: Path) -> None:
    assert [endpoint.name for endpoint in read(tmp_path, EXAMPLE)] == ["staging", "DEFAULT", "ci"]
    assert [endpoint.name for endpoint in read(tmp_path, EXAMPLE, "ci")] == ["ci", "DEFAULT", "staging"]


def test_case_120_a_percent_sign_and_other_odd_characters_in_a_token_are_kept(tmp_path: Path) -> None:
    (endpoint,) = read(tmp_path, "[a]\nhost = x.cloud.databricks.com:443\ntoken = da%pi%(x)s#1=2:3\n")
    assert endpoint.credential.token == "da%pi%(x)s#1=2:3"
    assert endpoint.url == "https://x.cloud.databricks.com"


def test_user_name_and_password_are_sent_as_basic(tmp_path: Path) -> None:
    (endpoint,) = read(tmp_path, "[a]\nhost = x.cloud.databricks.com\nusername = ann\npassword = p w\n")
    credential = endpoint.credential
    assert (credential.kind, credential.username, credential.token) == ("basic", "ann", "p w")


def test_a_profile_that_says_pat_and_has_none_says_so_when_used(tmp_path: Path) -> None:
    (endpoint,) = read(tmp_path, "[a]\nhost = x.cloud.databricks.com\nauth_type = pat\n")
    assert "No token" in endpoint.credential.problem
    assert "Add token" in endpoint.credential.hint


def test_a_workspace_id_becomes_a_header(tmp_path: Path) -> None:
    (endpoint,) = read(tmp_path, "[a]\nhost = accounts.cloud.databricks.com\ntoken = t\nworkspace_id = 42\n")
    assert endpoint.headers == {"X-Databricks-Workspace-Id": "42"}


def test_what_is_no_workspace_is_left_out(tmp_path: Path) -> None:
    text = (
        "[account]\nhost = https://accounts.cloud.databricks.com\naccount_id = 1\n[notes]\ncluster_id = c\n"
    )
    assert read(tmp_path, text) == []


def test_a_byte_order_mark_and_twice_the_same_profile_are_no_problem(tmp_path: Path) -> None:
    text = "\ufeff[a]\nhost = x.cloud.databricks.com\ntoken = old\n[a]\ntoken = new\n"
    (endpoint,) = read(tmp_path, text)
    assert endpoint.credential.token == "new"


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert from_profiles(tmp_path / "none") == ([], [])


def test_a_token_without_a_host_is_a_problem_of_that_profile_alone(tmp_path: Path) -> None:
    names, message, line = problem(
        tmp_path, "[a]\nhost = x.cloud.databricks.com\ntoken = t\n\n[b]\ntoken = dapi-b\n"
    )
    assert names == ["a"]
    assert line == 5
    assert "[b]" in message
    assert "no host" in message
    assert "dapi-b" not in message


def test_a_host_that_cannot_be_is_a_problem_of_that_profile_alone(tmp_path: Path) -> None:
    names, message, line = problem(tmp_path, "[b]\nhost = ftp://x\n[a]\nhost = x.cloud.databricks.com\n")
    assert names == ["a"]
    assert line == 1
    assert "[b]" in message


def test_a_broken_line_hides_no_profile_and_is_not_shown(tmp_path: Path) -> None:
    names, message, line = problem(
        tmp_path, "[a]\nhost = x.cloud.databricks.com\ndapi-pasted\n[b]\nhost = y.databricks.com\n"
    )
    assert names == ["a", "b"]
    assert line == 3
    assert "line 3" in message
    assert "dapi" not in message


def test_a_value_before_the_first_profile_is_named_by_its_line_and_not_shown(tmp_path: Path) -> None:
    names, message, line = problem(tmp_path, "# mine\ntoken = dapi-pasted\n")
    assert names == []
    assert line == 2
    assert "[DEFAULT]" in message
    assert "dapi" not in message
    _, message, line = problem(tmp_path, "\n [staging\ntoken = dapi-pasted\n")
    assert line == 2
    assert "its ] is missing" in message
    assert "dapi" not in message


def test_a_file_that_is_no_text_or_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"[a]\nhost = \xff\xfe\n")
    assert "not UTF-8" in from_profiles(binary)[1][0].message
    assert "cannot be read" in from_profiles(tmp_path)[1][0].message


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    assert profiles_path({}, tmp_path) == tmp_path / ".databrickscfg"
    assert profiles_path({"DATABRICKS_CONFIG_FILE": ""}, tmp_path) == tmp_path / ".databrickscfg"
    assert profiles_path({"DATABRICKS_CONFIG_FILE": "/x/cfg"}, tmp_path) == Path("/x/cfg")
    assert profiles_path({"DATABRICKS_CONFIG_FILE": "~/cfg"}, tmp_path) == tmp_path / "cfg"
