"""What setup.cfg, constraints.txt and the Makefile say, read by the tools that read them."""

import re
from configparser import ConfigParser

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.project import ROOT


def option(section: str, name: str) -> list[str]:
    """The lines of a list in setup.cfg."""
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config[section][name].split("\n")[1:]


def required() -> set[str]:
    """The names of what the product needs, with PostgreSQL and a browser too, in their canonical form."""
    extras = [line for extra in ("scale", "browser") for line in option("options.extras_require", extra)]
    return _names(option("options", "install_requires") + extras)


def required_by_tests() -> set[str]:
    """The names of what the tests need besides."""
    return _names(option("options.extras_require", "test"))


def _names(lines: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def pins() -> list[str]:
    """The lines of constraints.txt that are no comments."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def targets() -> dict[str, str]:
    """The targets that `make` prints, with their help."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z]+):.*## (.+)$", text, re.MULTILINE))
