"""The one list of endpoints: the configuration's, the environment's, the profiles', and the demo."""

from pathlib import Path

import pytest

from fmtui.core.config import load, offered
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import ConfigError

HOST = "https://dbc-env.cloud.databricks.com"
PROFILES = """\
[DEFAULT]
host = https://dbc-default.cloud.databricks.com
token = dapi-default
[staging]
host = https://dbc-staging.cloud.databricks.com
token = dapi-staging
workspace_id = 42
"""


class Home:
    """A home folder with a configuration and profiles, and what is offered there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.environ: dict[str, str] = {}
        self.problems: tuple[ConfigError, ...] = ()

    def write(self, config: str = "", profiles: str = "") -> None:
        self.config.write_text(config)
        self.config.chmod(0o600)
        (self.folder / ".databrickscfg").write_text(profiles)
        (self.folder / ".databrickscfg").chmod(0o600)

    def offered(self) -> dict[str, Endpoint]:
        endpoints, self.problems = offered(load(self.config), self.environ, self.folder)
        found = {endpoint.name: endpoint for endpoint in endpoints}
        assert len(found) == len(endpoints)
        assert endpoints[-1].name == "demo"
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_with_nothing_at_all_there_is_the_demo(home: Home) -> None:
    assert home.offered() == {"demo": DEMO}
    assert home.problems == ()


def test_the_order_is_configuration_environment_profiles_openai_demo(home: Home) -> None:
    home.write('[endpoints.mine]\nurl = "https://x/v1"\n', PROFILES)
    home.environ = {"OPENAI_API_KEY": "sk", "DATABRICKS_HOST": HOST, "DATABRICKS_TOKEN": "t"}
    assert list(home.offered()) == ["mine", "databricks", "DEFAULT", "staging", "openai", "demo"]
    assert home.problems == ()


def test_names_are_unique_and_the_demo_keeps_its_own(home: Home) -> None:
    home.write(
        '[endpoints.databricks]\nurl = "https://x/v1"\n[endpoints.databricks-2]\nurl = "https://y/v1"\n',
        "[demo]\nhost = z.cloud.databricks.com\ntoken = t\n",
    )
    home.environ = {"DATABRICKS_HOST": HOST}
    found = home.offered()
    assert list(found) == ["databricks", "databricks-2", "databricks-3", "demo-2", "demo"]
    assert found["databricks-3"].url == HOST
    assert found["demo"] == DEMO


def test_no_key_goes_to_another_host_than_it_came_with(home: Home) -> None:
    home.write('[endpoints.other]\nurl = "https://dbc-other.cloud.databricks.com"\n', PROFILES)
    home.environ = {
        "DATABRICKS_TOKEN": "dapi-env",
        "OPENAI_API_KEY": "sk",
        "OPENAI_BASE_URL": "https://proxy/v1",
    }
    used = {
        (endpoint.url, endpoint.credential.token or endpoint.credential.env)
        for endpoint in home.offered().values()
        if endpoint.credential.kind != "none" and not endpoint.credential.problem
    }
    assert used == {
        ("https://dbc-default.cloud.databricks.com", "dapi-default"),
        ("https://dbc-staging.cloud.databricks.com", "dapi-staging"),
        ("https://proxy/v1", "OPENAI_API_KEY"),
    }


def test_an_endpoint_takes_host_and_key_from_its_profile(home: Home) -> None:
    home.write('[endpoints.work]\nprofile = "staging"\nmodel = "m"\nheaders = { X-Team = "a" }\n', PROFILES)
    found = home.offered()
    work = found["work"]
    assert home.problems == ()
    assert (work.url, work.kind, work.model) == (
        "https://dbc-staging.cloud.databricks.com",
        "databricks",
        "m",
    )
    assert (work.credential.kind, work.credential.token) == ("bearer", "dapi-staging")
    assert work.headers == {"X-Databricks-Workspace-Id": "42", "X-Team": "a"}
    assert "staging" not in found


def test_an_endpoint_may_send_its_profiles_token_as_basic_or_bring_its_own(home: Home) -> None:
    own = 'token_command = ["databricks", "auth", "token", "--profile", "staging"]'
    home.write(
        f'[endpoints.a]\nprofile = "staging"\nauth = "basic"\n[endpoints.b]\nprofile = "staging"\n{own}\n',
        PROFILES,
    )
    found = home.offered()
    assert home.problems == ()
    basic = found["a"].credential
    assert (basic.kind, basic.username, basic.token) == ("basic", "token", "dapi-staging")
    assert (found["b"].credential.command[0], found["b"].credential.token) == ("databricks", "")


def test_a_profile_that_does_not_exist_costs_the_endpoint_and_names_the_nearest(home: Home) -> None:
    home.write('# mine\n[endpoints.work]\nprofile = "stagin"\n', PROFILES)
    assert "work" not in home.offered()
    (problem,) = home.problems
    assert problem.line == 3
    assert problem.key == "endpoints.work.profile"
    assert "Did you mean staging?" in problem.hint


def test_a_profile_beside_a_url_wins_and_this_is_pointed_out(home: Home) -> None:
    home.write('[endpoints.work]\nurl = "https://evil.example"\nprofile = "staging"\n', PROFILES)
    assert home.offered()["work"].url == "https://dbc-staging.cloud.databricks.com"
    (problem,) = home.problems
    assert "both url and profile" in problem.message


def test_the_profile_of_the_environment_comes_first_or_is_missed(home: Home) -> None:
    home.write("", PROFILES)
    home.environ = {"DATABRICKS_CONFIG_PROFILE": "staging"}
    assert list(home.offered()) == ["staging", "DEFAULT", "demo"]
    home.environ = {"DATABRICKS_CONFIG_PROFILE": "production"}
    home.offered()
    (problem,) = home.problems
    assert "production" in problem.message
    assert problem.key == "DATABRICKS_CONFIG_PROFILE"


def test_a_token_without_a_host_is_pointed_out_unless_a_workspace_is_known(home: Home) -> None:
    home.environ = {"DATABRICKS_TOKEN": "dapi-env"}
    home.offered()
    assert [problem.key for problem in home.problems] == ["DATABRICKS_HOST"]
    assert "dapi-env" not in str(home.problems[0])
    home.write("", PROFILES)
    home.offered()
    assert home.problems == ()


def test_a_host_that_cannot_be_used_is_not_said_to_be_missing(home: Home) -> None:
    home.environ = {"DATABRICKS_TOKEN": "dapi-env", "DATABRICKS_HOST": "http://127.0.0.1:43655;"}
    home.offered()
    assert [problem.message.partition(".")[0] for problem in home.problems] == [
        "The environment variable DATABRICKS_HOST cannot be used"
    ]
    assert home.problems[0].hint.startswith("Set DATABRICKS_HOST to your workspace, such as https://")


def test_what_is_wrong_anywhere_is_told_together(home: Home) -> None:
    home.write('thme = "x"\n', "[a]\ntoken = t\n")
    home.environ = {"DATABRICKS_HOST": "ftp://x"}
    assert list(home.offered()) == ["demo"]
    assert [problem.key for problem in home.problems] == ["thme", "profiles.a.host", "DATABRICKS_HOST"]


def test_a_default_endpoint_that_is_not_offered_is_named_with_the_nearest(home: Home) -> None:
    home.write('default_endpoint = "locl"\n[endpoints.local]\nurl = "localhost:8000"\n')
    home.offered()
    (problem,) = home.problems
    assert (problem.line, problem.key) == (1, "default_endpoint")
    assert "Did you mean local?" in problem.hint


def test_a_local_server_may_be_the_default_although_it_is_found_later(home: Home) -> None:
    home.write('default_endpoint = "ollama"\n')
    home.offered()
    assert home.problems == ()


def test_general_values_hold_for_endpoints_that_set_none(home: Home) -> None:
    home.write(
        'max_tokens = 100\ntemperature = 0\nsystem = "Be brief."\n'
        '[endpoints.a]\nurl = "https://x"\n'
        '[endpoints.b]\nurl = "https://y"\nmax_tokens = 7\ntemperature = 1\nsystem = "b"\n'
    )
    found = home.offered()
    general = {"max_tokens": 100, "temperature": 0.0, "system": "Be brief."}
    own = {"max_tokens": 7, "temperature": 1.0, "system": "b"}
    assert [dict(e.params) for e in found.values()] == [general, own, general]


def test_a_configuration_named_by_the_environment_must_exist(home: Home) -> None:
    home.environ = {"FMTUI_CONFIG": str(home.config)}
    home.offered()
    assert "FMTUI_CONFIG names" in home.problems[0].message
    home.write()
    home.offered()
    assert home.problems == ()
