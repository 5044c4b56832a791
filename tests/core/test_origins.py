"""Which endpoint and which key won, and why."""

from pathlib import Path

from fmtui.core.auth import PassedOver
from fmtui.core.config import load, offered
from fmtui.core.endpoints import DEMO
from fmtui.core.origins import Origin, first_choice, origin, unused_variables
from fmtui.workbench import Workbench

HOST = "https://dbc-1.cloud.databricks.com"
SECRET = "dose-my-secret-0123456789"


def found(folder: Path, *, config: str = "", profiles: str = "", **environ: str) -> dict[str, Origin]:
    """Return the origins of all that is offered, by name."""
    for name, text in (("config.toml", config), (".databrickscfg", profiles)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    endpoints, _ = offered(load(folder / "config.toml"), environ, folder)
    origins = [origin(endpoint, environ, endpoints) for endpoint in endpoints]
    assert SECRET not in repr(origins)
    return {each.name: each for each in origins}


def test_each_form_of_sign_in_is_named_with_the_place_of_its_key(tmp_path: Path) -> None:
    origins = found(
        tmp_path,
        config=f'[endpoints.robot]\nurl = "{HOST}"\nclient_id = "1111"\nclient_secret_env = "ROBOT"\n'
        '[endpoints.vault]\nurl = "https://v"\ntoken_command = ["pass", "show", "' + SECRET + '"]\n'
        '[endpoints.file]\nurl = "https://w"\ntoken_file = "/run/key"\n'
        '[endpoints.open]\nurl = "http://127.0.0.1:1"\n'
        '[endpoints.own]\nurl = "https://x"\nheaders = { api-key = "' + SECRET + '" }\n'
        '[endpoints.cli]\nurl = "https://y.databricks.com"\nauth = "databricks-cli"\n',
        profiles=f"[pat]\nhost = {HOST}\ntoken = {SECRET}\n"
        f"[cli2]\nhost = {HOST}\nauth_type = databricks-cli\n"
        f"[pw]\nhost = {HOST}\nusername = ann\npassword = {SECRET}\n",
        ROBOT=SECRET,
        OPENAI_API_KEY=SECRET,
    )
    assert {name: (each.sign_in, each.key) for name, each in origins.items()} == {
        "robot": ("OAuth, client id 1111", "config.toml [endpoints.robot] client_secret_env: ROBOT"),
        "vault": ("token of a program", "config.toml [endpoints.vault] token_command: pass"),
        "file": ("key", "config.toml [endpoints.file] token_file: /run/key"),
        "open": ("none", ""),
        "own": ("a header of its own", ""),
        "cli": (
            "OAuth of a person, from the Databricks CLI (by address)",
            "config.toml [endpoints.cli] auth",
        ),
        "pat": ("personal access token", ".databrickscfg [pat]"),
        "cli2": (
            "OAuth of a person, from the Databricks CLI (profile cli2)",
            "the Databricks CLI (profile cli2)",
        ),
        "pw": ("user name and password", ".databrickscfg [pw]"),
        "openai": ("key", "OPENAI_API_KEY"),
        "demo": ("none", ""),
    }


def test_what_auth_type_passes_over_is_told(tmp_path: Path) -> None:
    profiles = f"[ci]\nhost = {HOST}\ntoken = {SECRET}\nclient_id = i\nclient_secret = {SECRET}\n"
    ci = found(tmp_path, profiles=profiles + "auth_type = oauth-m2m\n")["ci"]
    assert (ci.sign_in, ci.why) == ("OAuth, client id i", "auth_type says oauth-m2m")
    assert ci.passed_over == (PassedOver("token", "auth_type says oauth-m2m"),)
    ci = found(tmp_path, profiles=profiles)["ci"]
    assert ci.sign_in == "none that works"
    assert "More than one sign-in" in ci.problem
    assert "auth_type = pat" in ci.hint


def test_a_key_of_the_configuration_comes_before_that_of_its_profile(tmp_path: Path) -> None:
    profiles = f"[ci]\nhost = {HOST}\ntoken = {SECRET}\n"
    work = found(
        tmp_path, config='[endpoints.work]\nprofile = "ci"\ntoken_env = "W"\n', profiles=profiles, W="t"
    )["work"]
    assert work.source == "config.toml, profile ci"
    assert work.key == "config.toml [endpoints.work] token_env: W"
    assert work.passed_over == (
        PassedOver(".databrickscfg [ci]", "config.toml [endpoints.work] token_env comes before the profile"),
    )
    work = found(tmp_path, config='[endpoints.work]\nprofile = "ci"\n', profiles=profiles)["work"]
    assert (work.key, work.passed_over) == (".databrickscfg [ci]", ())


def test_no_key_of_the_profile_is_sent_where_none_is_wanted(tmp_path: Path) -> None:
    profiles = f"[ci]\nhost = {HOST}\ntoken = {SECRET}\n"
    work = found(tmp_path, config='[endpoints.work]\nprofile = "ci"\nauth = "none"\n', profiles=profiles)[
        "work"
    ]
    assert (work.sign_in, work.key, work.why) == ("none", "", "auth says none")
    assert [entry.what for entry in work.passed_over] == [".databrickscfg [ci]"]


def test_keys_for_the_same_host_and_sign_ins_that_cannot_be_done_are_told(tmp_path: Path) -> None:
    origins = found(
        tmp_path,
        profiles=f"[ci]\nhost = {HOST}\ntoken = {SECRET}\n",
        DATABRICKS_HOST=HOST,
        ARM_CLIENT_SECRET=SECRET,
    )
    databricks = origins["databricks"]
    assert databricks.why == "the environment names no other sign-in"
    assert databricks.passed_over == (
        PassedOver("ARM_CLIENT_SECRET", "fmtui does not do the sign-in azure-client-secret"),
        PassedOver(".databrickscfg [ci]", "it belongs to ci, which is offered for the same host"),
    )


def test_profiles_of_one_host_are_not_told_of_each_other(tmp_path: Path) -> None:
    profiles = "".join(f"[p{number}]\nhost = {HOST}\ntoken = {SECRET}\n" for number in range(6))
    assert [each.passed_over for each in found(tmp_path, profiles=profiles).values()] == [()] * 7
    beside = found(tmp_path, profiles=profiles, DATABRICKS_HOST=HOST, DATABRICKS_TOKEN=SECRET)
    assert len(beside["databricks"].passed_over) == 6
    assert [each.what for each in beside["p0"].passed_over] == ["DATABRICKS_TOKEN"]


def test_a_variable_that_is_not_set_is_a_problem_before_anything_is_asked(tmp_path: Path) -> None:
    work = found(tmp_path, config='[endpoints.work]\nurl = "https://x"\ntoken_env = "NOPE"\n')["work"]
    assert work.problem == "The environment variable NOPE is not set."
    assert work.hint == "Run: export NOPE=…"


def test_variables_that_nobody_uses_are_told(tmp_path: Path) -> None:
    environ = {"DATABRICKS_TOKEN": SECRET, "DATABRICKS_API_KEY": SECRET, "DATABRICKS_MODEL_URL": ""}
    told = unused_variables(environ, [DEMO])
    assert [entry.what for entry in told] == ["DATABRICKS_TOKEN", "DATABRICKS_API_KEY"]
    assert "DATABRICKS_HOST is not set" in told[0].why
    assert SECRET not in repr(told)


def test_the_endpoint_that_is_used_first_is_told_with_the_reason(tmp_path: Path) -> None:
    endpoints, _ = offered(load(tmp_path / "none"), {"OPENAI_API_KEY": "k"}, tmp_path)
    assert first_choice(endpoints, "Demo", "openai") == ("demo", "default_endpoint of the configuration")
    assert first_choice(endpoints, "", "openai") == ("openai", "used last")
    assert first_choice(endpoints, "gone", "gone") == ("openai", "the first that was found")
    assert first_choice([DEMO], "", "") == ("demo", "the only one")


def test_the_profile_that_comes_first_is_told_with_who_named_it(tmp_path: Path) -> None:
    (tmp_path / ".databrickscfg").write_text(
        f"[__settings__]\ndefault_profile = staging\n[ci]\nhost = {HOST}\n[staging]\nhost = {HOST}\n"
    )

    def first(**environ: str) -> tuple[str, str]:
        environ["XDG_STATE_HOME"] = str(tmp_path)
        origins, _ = Workbench(environ, tmp_path).origins()
        return next((each.name, each.first) for each in origins if each.first)

    assert first() == ("staging", "default_profile of [__settings__]")
    assert first(DATABRICKS_CONFIG_PROFILE="ci") == ("ci", "DATABRICKS_CONFIG_PROFILE names it")
    assert first(DATABRICKS_CONFIG_PROFILE="gone")[1] == "the first that was found"
    assert first(DATABRICKS_HOST=HOST) == ("databricks", "the first that was found")


def test_the_named_profile_completes_the_host_of_the_environment_and_no_other(tmp_path: Path) -> None:
    profiles = (
        f"[ci]\nhost = {HOST}/\ntoken = {SECRET}\n[far]\nhost = https://dbc-9.databricks.com\ntoken = x\n"
    )
    databricks = found(tmp_path, profiles=profiles, DATABRICKS_HOST=HOST, DATABRICKS_CONFIG_PROFILE="ci")[
        "databricks"
    ]
    assert (databricks.sign_in, databricks.key) == ("personal access token", ".databrickscfg [ci]")
    assert "DATABRICKS_CONFIG_PROFILE names the profile" in databricks.why
    databricks = found(tmp_path, profiles=profiles, DATABRICKS_HOST=HOST, DATABRICKS_CONFIG_PROFILE="far")[
        "databricks"
    ]
    assert databricks.sign_in.startswith("OAuth of a person")
    assert ("it is of another host") in databricks.passed_over[0].why
    given = {"DATABRICKS_TOKEN": SECRET, "DATABRICKS_HOST": HOST, "DATABRICKS_CONFIG_PROFILE": "ci"}
    assert found(tmp_path, profiles=profiles, **given)["databricks"].key == "DATABRICKS_TOKEN"
