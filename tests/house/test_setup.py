"""The set-up says the same everywhere: packages, requirements, pins and make targets."""

import os
import re
import subprocess

from tests.house.project import ROOT, shipped
from tests.house.setup_files import option, pins, required, required_by_tests, targets
from tests.house.test_layers import ROOMS

PIN = re.compile(r"([a-z0-9-]+)==[0-9][0-9a-z.]*")


def test_every_room_is_installed() -> None:
    rooms = {room.split(".")[0] for room in ROOMS}
    assert set(option("options.packages.find", "include")) == rooms | {f"{room}.*" for room in rooms}


def test_every_folder_of_the_product_is_a_package() -> None:
    names = {module.path for module in shipped()}
    assert {str(path.parent) for path in names if path.parent / "__init__.py" not in names} == set()


def test_every_package_carries_its_types() -> None:
    packages = {module.path.parts[0] for module in shipped()}
    assert {package for package in packages if not (ROOT / package / "py.typed").exists()} == set()


def test_everything_required_is_pinned_and_nothing_else_is_said() -> None:
    assert [line for line in pins() if not PIN.fullmatch(line)] == []
    assert required() | required_by_tests() <= {line.split("==")[0] for line in pins()}


def test_make_alone_prints_its_targets() -> None:
    # The tests themselves may run under make, whose options would reach this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    printed = subprocess.run(["make"], cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    assert {"install", "serve", "test", "check", "bench"} <= set(targets())
    assert [line for line in printed.splitlines() if not line.startswith("make ")] == []
    assert [line.split()[1] for line in printed.splitlines()] == list(targets())
