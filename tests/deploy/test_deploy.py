"""The files in deploy/ agree with the program: figures, settings, paths, times."""

import configparser
import re
from pathlib import Path

import yaml

from oql.settings import Settings
from server import metrics
from server.process.master import IDLE_SECONDS
from server.process.worker import CALL_OFF_SECONDS
from worker import metrics as of_workers

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
OF_OTHERS = frozenset({"up", "node_filesystem_avail_bytes"})
"""Figures in our alerts that Prometheus itself and its node exporter have."""
NO_FIGURES = frozenset({"by", "and", "or", "sum", "rate", "increase", "histogram_quantile", "predict_linear"})
SETTING = re.compile(r"\bOQL_[A-Z_]+")


def unit(name: str) -> configparser.ConfigParser:
    """A unit of systemd; of a key that stands more than once the last value."""
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[method-assign,assignment] # as its documentation says
    read.read(DEPLOY / name)
    return read


def figures_in(expression: str) -> set[str]:
    """The figures that an expression of Prometheus asks for."""
    bare = re.sub(r'\{[^}]*\}|"[^"]*"|\[[^]]*\]|\bby *\([^)]*\)', " ", expression)
    return {word for word in re.findall(r"[a-z_:][a-zA-Z0-9_:]*", bare) if not word[0].isdigit()} - NO_FIGURES


def test_alerts_ask_for_figures_that_there_are() -> None:
    of_workers.hints_sent(0)
    known = set(re.findall(r"^# TYPE (\S+)", metrics.exposition().decode(), re.MULTILINE)) | OF_OTHERS
    rules = yaml.safe_load((DEPLOY / "oql-rules.yaml").read_text())["groups"][0]["rules"]
    known |= {rule["record"] for rule in rules if "record" in rule}
    asked = {re.sub(r"_bucket$", "", name) for rule in rules for name in figures_in(rule["expr"])}
    assert len(asked) > 8
    assert asked <= known


def test_settings_that_are_named_are_settings() -> None:
    known = {f"OQL_{row.name.upper()}" for row in Settings.load(Path("/nonexistent")).table()} | {"OQL_CACHE"}
    for file in DEPLOY.iterdir():
        assert set(SETTING.findall(file.read_text())) <= known, file.name


def test_nobody_is_killed_before_the_grace_is_over() -> None:
    least = Settings.load(Path("/nonexistent")).grace_s + CALL_OFF_SECONDS
    service, compose = unit("oql.service")["Service"], yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert int(service["TimeoutStopSec"]) > least
    assert int(compose["services"]["oql"]["stop_grace_period"].removesuffix("s")) > least


def test_the_proxy_waits_longer_than_a_program_may_and_keeps_connections_shorter() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    assert int(re.findall(r"proxy_read_timeout (\d+)s;", text)[0]) > Settings.load(Path("/nonexistent")).limits().wall_s
    assert int(re.findall(r"keepalive_timeout (\d+)s;", text)[0]) < IDLE_SECONDS
    assert "proxy_buffering off;" in text


def test_image_and_unit_start_the_same_command() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert unit("oql.service")["Service"]["ExecStart"] == "/opt/oql/bin/oql serve"
    assert 'ENTRYPOINT ["oql"]\nCMD ["serve"]' in dockerfile
    assert "PATH=/opt/oql/bin:" in dockerfile
