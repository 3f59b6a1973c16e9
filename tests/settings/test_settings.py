"""Settings: where a value comes from, what is refused and how, and what is shown."""

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from oql.limits import Limits
from oql.settings import Secret, Settings, SettingsError


class WithSecret(Settings):
    """The settings and one that is secret."""

    mail_key: Annotated[str, Secret()] = Field("none", max_length=20, description="key of the mail service")


def load(folder: Path, toml: str = "", environ: dict[str, str] | None = None, **flags: Any) -> Settings:
    (folder / "oql.toml").write_text(toml)
    return Settings.load(folder, environ=environ or {}, **flags)


def problems(folder: Path, toml: str = "", environ: dict[str, str] | None = None, **flags: Any) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(folder, toml, environ, **flags)
    return [problem.replace(str(folder), "DATA") for problem in refused.value.problems]


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert (settings.host, settings.port, settings.dev, settings.body_bytes) == ("127.0.0.1", 4242, False, 1_048_576)
    assert settings.workers >= 2
    assert settings.limits() == Limits()
    assert settings.origin("port") == "default"


def test_the_first_source_that_has_a_value_counts(tmp_path: Path) -> None:
    environ = {"OQL_PORT": "2", "OQL_WORKERS": "2"}
    toml = 'port = 3\nworkers = 3\nlog_level = "debug"'
    settings = load(tmp_path, toml, environ, port=1, host=None)
    assert (settings.port, settings.workers, settings.log_level, settings.host) == (1, 2, "debug", "127.0.0.1")
    assert [settings.origin(name) for name in ("data", "port", "workers", "log_level", "host")] == [
        "flag", "flag", "environment OQL_WORKERS", "oql.toml", "default",
    ]  # fmt: skip


def test_published_names_need_no_prefix(tmp_path: Path) -> None:
    settings = load(tmp_path, "port = 1", {"REST_HOST": "::1", "REST_PORT": "2"})
    assert (settings.host, settings.port, settings.origin("port")) == ("::1", 2, "environment REST_PORT")
    both = load(tmp_path, "", {"REST_PORT": "2", "OQL_PORT": "3"})
    assert (both.port, both.origin("port")) == (3, "environment OQL_PORT")


def test_the_data_folder_may_come_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "oql.toml").write_text("port = 5")
    settings = Settings.load(environ={"OQL_DATA": str(tmp_path)})
    assert (settings.data, settings.port) == (tmp_path, 5)
    assert settings.origin("data") == "environment OQL_DATA"


def test_without_a_word_the_data_folder_is_where_the_system_keeps_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings.load(environ={}).data == tmp_path / "oql"


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "oql.toml").write_text("port = 6")
    settings = Settings.load("~/here", environ={})
    assert (settings.data, settings.port) == (tmp_path / "here", 6)


def test_an_empty_variable_counts_as_none(tmp_path: Path) -> None:
    settings = load(tmp_path, "port = 7", {"OQL_PORT": "", "OQL_HOST": ""})
    assert (settings.port, settings.host) == (7, "127.0.0.1")


def test_every_limit_of_a_run_is_a_setting(tmp_path: Path) -> None:
    toml = "\n".join(f"limit_{limit.name} = {n}" for n, limit in enumerate(fields(Limits), 1))
    assert load(tmp_path, toml).limits() == Limits(*range(1, 1 + len(fields(Limits))))


def test_the_environment_sets_limits(tmp_path: Path) -> None:
    limits = load(tmp_path, "", {"OQL_LIMIT_WALL_S": "2.5", "OQL_LIMIT_STEPS": "100"}).limits()
    assert (limits.wall_s, limits.steps, limits.rows) == (2.5, 100, 100_000)


@pytest.mark.parametrize(
    ("toml", "environ", "message"),
    [
        ("prot = 1", {}, "`prot` (DATA/oql.toml) is not a setting; did you mean `port`?"),
        ("zzz = 1", {}, "`zzz` (DATA/oql.toml) is not a setting"),
        ("", {"OQL_PROT": "1"}, "`OQL_PROT` (environment) is not a setting; did you mean `OQL_PORT`?"),
        (
            "",
            {"OQL_limit_rows": "1"},
            "`OQL_limit_rows` (environment) is not a setting; did you mean `OQL_LIMIT_ROWS`?",
        ),
        ("data = 'x'", {}, "`data` cannot be set in DATA/oql.toml, which lies in the data folder"),
        ("", {"OQL_PORT": "abc"}, "setting `port` (environment OQL_PORT): expected a whole number, found `abc`"),
        ("", {"OQL_PORT": "-1"}, "setting `port` (environment OQL_PORT): expected 0 or more, found `-1`"),
        ("port = 65536", {}, "setting `port` (oql.toml): expected 65535 or less, found `65536`"),
        ("port = true", {}, "setting `port` (oql.toml): expected a whole number, found `true`"),
        ("workers = 1.5", {}, "setting `workers` (oql.toml): expected a whole number, found `1.5`"),
        ("workers = 0", {}, "setting `workers` (oql.toml): expected 1 or more, found `0`"),
        ("dev = 'perhaps'", {}, "setting `dev` (oql.toml): expected true or false, found `perhaps`"),
        ("host = 1", {}, "setting `host` (oql.toml): expected text, found `1`"),
        ("grace_s = nan", {}, "setting `grace_s` (oql.toml): expected a finite number, found `nan`"),
        ("limit_wall_s = 'x'", {}, "setting `limit_wall_s` (oql.toml): expected a number, found `x`"),
        (
            "",
            {"OQL_LIMIT_WALL_S": "0"},
            "setting `limit_wall_s` (environment OQL_LIMIT_WALL_S): expected more than 0.0, found `0`",
        ),
        (
            "",
            {"OQL_STORE": "mysql://x:y@z/w"},
            "setting `store` (environment OQL_STORE): "
            "expected a URL such as `postgresql://user@host/database`, or nothing",
        ),
        ("log_format = 'xml'", {}, "setting `log_format` (oql.toml): expected 'json' or 'text', found `xml`"),
        (
            "",
            {"OQL_BASE_URL": "ftp://x"},
            "setting `base_url` (environment OQL_BASE_URL): "
            "expected an address such as `https://oql.example.com`, found `ftp://x`",
        ),
        *(
            (
                "",
                {"OQL_MODEL_BASE_URL": url},
                "setting `model_base_url` (environment OQL_MODEL_BASE_URL): "
                f"expected an address such as `https://oql.example.com`, found `{url}`",
            )
            for url in ("http://x:99999", "http://x:0", "http://[::1", "http://:80")
        ),
    ],
)
def test_what_cannot_be_taken_is_named(tmp_path: Path, toml: str, environ: dict[str, str], message: str) -> None:
    assert problems(tmp_path, toml, environ) == [message]


def test_all_problems_are_named_together(tmp_path: Path) -> None:
    assert problems(tmp_path, "port = 'x'\nworkers = 'y'") == [
        "setting `port` (oql.toml): expected a whole number, found `x`",
        "setting `workers` (oql.toml): expected a whole number, found `y`",
    ]


def test_a_flag_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, prot=1) == ["`prot` (flag) is not a setting; did you mean `port`?"]


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"port = 1\nport = 2"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "oql.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"cannot read .*oql\.toml"):
        Settings.load(tmp_path, environ={})


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"setting `data` \(flag\): expected a folder, found `.*/file`"):
        Settings.load(tmp_path / "file", environ={})


def test_variables_of_the_tests_and_of_others_are_left_alone(tmp_path: Path) -> None:
    environ = {"OQL_TEST_REDIS_URL": "x", "PORT": "x", "HOST": "x", "DATA": "x", "oql_port": "x"}
    assert load(tmp_path, "", environ).port == 4242


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "oql.example.com", "localhost.example.com"])
def test_development_mode_beyond_this_machine_has_to_be_told_twice(tmp_path: Path, host: str) -> None:
    (problem,) = problems(tmp_path, dev=True, host=host)
    assert problem.startswith("development mode lets anybody in as test/test")
    assert f"`{host}`" in problem
    assert "`allow_public_dev`" in problem
    assert load(tmp_path, "allow_public_dev = true", dev=True, host=host).dev
    assert not load(tmp_path, "", host=host).dev


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_development_mode_on_this_machine_is_told_once(tmp_path: Path, host: str) -> None:
    assert load(tmp_path, "", dev=True, host=host).dev


def test_the_address_of_the_server_loses_its_last_slash(tmp_path: Path) -> None:
    assert load(tmp_path, "base_url = 'https://oql.example.com/'").base_url == "https://oql.example.com"


def test_the_table_tells_every_setting_with_its_origin(tmp_path: Path) -> None:
    table = {row.name: row for row in load(tmp_path, "", {"OQL_PORT": "8"}).table()}
    assert list(table) == sorted(Settings.model_fields)
    assert (table["port"].value, table["port"].origin) == ("8", "environment OQL_PORT")
    assert (table["base_url"].value, table["base_url"].origin) == ("", "default")
    assert all(row.help for row in table.values())


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    settings = WithSecret.load(tmp_path, environ={"OQL_MAIL_KEY": "canary"})
    assert settings.mail_key == "canary"
    (row,) = (row for row in settings.table() if row.name == "mail_key")
    assert (row.value, row.origin) == ("(hidden)", "environment OQL_MAIL_KEY")
    assert "canary" not in repr(settings)
    with pytest.raises(SettingsError) as refused:
        WithSecret.load(tmp_path, environ={"OQL_MAIL_KEY": "canary" * 4})
    assert "`mail_key` (environment OQL_MAIL_KEY)" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]  # mypy refuses it too; that is the point
