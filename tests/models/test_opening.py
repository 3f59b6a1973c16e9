"""The models as settings name them."""

from pathlib import Path

import pytest

from oql.models.opening import host_of, open_models
from oql.settings import Settings, SettingsError
from tests.models.services import KEY


def settings(folder: Path, **options: str) -> Settings:
    """Settings of the environment, each with the prefix of models."""
    return Settings.load(folder, environ={f"OQL_MODEL_{name.upper()}": value for name, value in options.items()})


def test_without_an_address_there_are_none(tmp_path: Path) -> None:
    assert open_models(settings(tmp_path, default="small")) is None


def test_everything_is_taken_over(tmp_path: Path) -> None:
    given = settings(
        tmp_path,
        base_url="http://10.0.0.7:8080/v1/",
        protocol="anthropic",
        api_key=KEY,
        default="small",
        max_tokens="100",
        timeout_s="5",
        map="a=b, c*=d",
    )
    models = open_models(given)
    assert models is not None
    end = models.endpoint
    assert (end.base_url, end.protocol, end.api_key, end.default) == (
        "http://10.0.0.7:8080/v1", "anthropic", KEY, "small",
    )  # fmt: skip
    assert (end.max_tokens, end.seconds, end.names) == (100, 5.0, {"a": "b", "c*": "d"})
    assert KEY not in repr(end) + repr(given)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example.com/v1", "api.example.com:443"),
        ("http://localhost:11434/v1", "localhost:11434"),
        ("http://[::1]:80", "[::1]:80"),
        ("http://10.0.0.7", "10.0.0.7:80"),
    ],
)
def test_the_host_that_is_allowed(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "options",
    [{"base_url": "ftp://x"}, {"base_url": "http://u:p@x"}, {"map": "a"}, {"map": "a*b=c"}, {"protocol": "x"},
     {"max_tokens": "0"}],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="setting `model_"):
        settings(tmp_path, **options)
