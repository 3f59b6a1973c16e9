"""`oql site`: what an administrator does, and what a server on the data folder makes of it."""

import json
import shutil
from pathlib import Path

import pytest

from accounts.service import Accounts
from tests.cli.calling import Called, oql
from tests.http.running import Server
from tests.sites.visiting import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    accounts = Accounts(tmp_path / "data")
    for name in ("ada", "eve"):
        accounts.add(name)
    accounts.close()
    return tmp_path / "data"


def call(data: Path, *arguments: str | Path) -> Called:
    return oql("site", arguments[0], "--data", data, *arguments[1:])


def test_names(data: Path) -> None:
    assert call(data, "list").err.startswith("no sites yet")
    assert call(data, "add", "shop", "--account", "ada").out == "site shop added for ada\n"
    assert call(data, "add", "shop", "--account", "ada").out == "site shop belonged to ada already\n"
    taken = call(data, "add", "shop", "--account", "eve")
    assert (taken.code, "belongs to somebody else" in taken.err) == (1, True)
    [listed] = json.loads(call(data, "list", "--json").out)
    assert (listed["name"], listed["namespace"]) == ("shop", "user_ada")
    assert call(data, "list").out.splitlines()[1].split()[:2] == ["shop", "user_ada"]
    assert call(data, "remove", "shop").out == "site shop removed\n"
    assert call(data, "remove", "shop").code == 1
    assert call(data, "add", "shop", "--account", "eve").code == 0


@pytest.mark.parametrize("name", ["Shop", "www", "a.b", "-a"])
def test_what_cannot_be_a_name(data: Path, name: str) -> None:
    refused = call(data, "add", "--account", "ada", "--", name)
    assert (refused.code, refused.out) == (1, "")
    assert call(data, "add", "shop", "--account", "nobody").code == 1


def test_a_folder_is_published(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "css").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "index.oql").write_text('EMIT "x"')
    (folder / "css" / "a.css").write_text("a")
    (folder / ".git" / "config").write_text("secret")
    (folder / "link").symlink_to("/etc/passwd")
    assert call(data, "publish", folder, "--account", "ada").out == (
        "site shop of ada: 2 files\n"
        "A development server serves it as shop.localhost, and below /s/shop/; "
        "any other one needs the setting site_domain, or site_paths\n"
    )
    root = data / "namespaces" / "user_ada"
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert {path for path in found if "sites" in path} == {"files/sites/shop/css/a.css", "files/sites/shop/index.oql"}
    assert call(data, "publish", folder, "--account", "eve").code == 1
    assert call(data, "publish", folder, "other", "--account", "eve").code == 0


def test_what_the_folder_no_longer_has_is_told_and_deleted_when_asked(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "old").mkdir(parents=True)
    (folder / "index.oql").write_text('EMIT "x"')
    for name in ("old/a.css", "old/b.css", "secret.txt"):
        (folder / name).write_text("x")
    first = call(data, "publish", folder, "--account", "ada")
    assert first.out.splitlines()[0] == "site shop of ada: 4 files"
    there = data / "namespaces" / "user_ada" / "files" / "sites" / "shop"
    (there / ".kept").write_text("x")
    (folder / "secret.txt").unlink()
    told = call(data, "publish", folder, "--account", "ada").out.splitlines()[0]
    stays = "1 other file stays that the folder does not have (--delete deletes such files)"
    assert told == f"site shop of ada: 3 files; {stays}"
    assert (there / "secret.txt").exists()
    shutil.rmtree(folder / "old")
    deleted = call(data, "publish", folder, "--account", "ada", "--delete")
    assert deleted.out.splitlines()[0] == "site shop of ada: 1 file, 3 deleted"
    assert sorted(path.name for path in there.iterdir()) == [".kept", "index.oql"]


def test_it_is_told_where_a_site_is_served(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "index.oql").write_text('EMIT "x"')
    for settings, told in (
        ({"OQL_SITE_DOMAIN": "example.org"}, "It is served as shop.example.org\n"),
        ({"OQL_SITE_PATHS": "true"}, "It is served below /s/shop/\n"),
    ):
        published = oql("site", "publish", folder, "--account", "ada", "--data", data, **settings)
        assert (published.code, published.out) == (0, "site shop of ada: 1 file\n" + told)


def test_a_program_with_mistakes_is_not_published(data: Path, tmp_path: Path) -> None:
    (tmp_path / "index.oql").write_text("EMIT 1 AFTR")
    refused = call(data, "publish", tmp_path, "shop", "--account", "ada")
    assert refused.code == 1
    assert "did you mean `AFTER`?" in refused.err
    assert f"--> {tmp_path}/index.oql:1:" in refused.err
    assert refused.err.startswith("error[ParseError]: ")
    assert call(data, "list").out == ""
    (tmp_path / "index.oql").unlink()
    assert "there is no" in call(data, "publish", tmp_path, "shop", "--account", "ada").err


def test_a_running_server_follows(server: Server, tmp_path: Path) -> None:
    (tmp_path / "index.oql").write_text('EMIT "published"')
    with Visitor(server, "followed") as visitor:
        assert visitor.get().status_code == 404
        assert call(server.data, "publish", tmp_path, "followed", "--account", "test").code == 0
        assert visitor.get().text == "published"
        assert call(server.data, "remove", "followed").code == 0
        assert visitor.get().status_code == 404


def test_a_program_run_on_the_folder_gets_the_name(data: Path) -> None:
    text = 'WRITE "x" INTO "/root/sites/shop/index.oql"'
    run = ("run", "-c", text, "--namespace")
    assert oql(*run, "user_ada", OQL_DATA=str(data)).code == 0
    assert "belongs to somebody else" in oql(*run, "user_eve", OQL_DATA=str(data)).err
    [listed] = json.loads(call(data, "list", "--json").out)
    assert listed["namespace"] == "user_ada"
