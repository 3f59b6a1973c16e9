"""Links: what becomes of a token, and that of many who want it one gets it."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from substrate.errors import Invalid, NotFound, QuotaExceeded
from substrate.files import shares as links
from substrate.files.folder import NamespaceFiles
from substrate.files.opening import FileStore
from substrate.files.shares import LEASE_S, REMEMBERED_S, Share, new_token
from tests.files.asking import ASKER


@pytest.fixture
def shared(files: NamespaceFiles) -> NamespaceFiles:
    """Files with one at /root/f."""
    files.write("/root/f", b"x", ASKER)
    return files


def token(url: str) -> str:
    """The token of a link."""
    found = re.fullmatch(r"https://oql\.example\.com/files/([A-Za-z0-9_-]{43})", url)
    assert found
    return found[1]


def found(store: FileStore, url: str, now: float = 0) -> Share:
    """The link of a URL, which must be known."""
    share = store.shares.find(token(url), now)
    assert share
    return share


def test_only_the_hash_is_kept(shared: NamespaceFiles, store: FileStore, data: Path) -> None:
    secret = token(shared.share("/root/f", new_token(), 0, None)).encode()
    store.close()
    assert not any(secret in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_what_is_shared(shared: NamespaceFiles, store: FileStore) -> None:
    share = found(store, shared.share("/root//f", new_token(), 0, None))
    assert (share.namespace, share.path, share.multi, share.over) == ("user_ada", "/root/f", False, False)
    assert found(store, shared.share("/root/f", new_token(), 0, None, multi=True)).multi
    assert store.shares.find("x" * 43, 0) is None
    assert store.shares.find("\ud800", 0) is None


def test_only_files_are_shared(files: NamespaceFiles) -> None:
    with pytest.raises(NotFound):
        files.share("/root/f", new_token(), 0, None)
    files.make_folder("/root/d", ASKER)
    with pytest.raises(Invalid):
        files.share("/root/d", new_token(), 0, None)


def test_a_link_expires(shared: NamespaceFiles, store: FileStore) -> None:
    url = shared.share("/root/f", new_token(), 100, 60)
    assert not found(store, url, 159.9).over
    share = found(store, url, 160)
    assert share.over
    assert not store.shares.take(share, "a", 160)


def test_it_is_taken_once(shared: NamespaceFiles, store: FileStore) -> None:
    share = found(store, shared.share("/root/f", new_token(), 0, None))
    assert store.shares.take(share, "a", 0)
    assert not store.shares.take(share, "b", 1)
    assert not store.shares.finish(share, "b")
    assert store.shares.finish(share, "a")
    assert not store.shares.finish(share, "a")
    assert not store.shares.take(share, "b", 10**9)


def test_it_can_be_given_back(shared: NamespaceFiles, store: FileStore) -> None:
    share = found(store, shared.share("/root/f", new_token(), 0, None))
    assert store.shares.take(share, "a", 0)
    store.shares.give_back(share, "b")
    assert not store.shares.take(share, "b", 0)
    store.shares.give_back(share, "a")
    assert store.shares.take(share, "b", 0)
    assert not store.shares.finish(share, "a")


def test_who_gives_no_sign_of_life_loses_it(shared: NamespaceFiles, store: FileStore) -> None:
    share = found(store, shared.share("/root/f", new_token(), 0, None))
    assert store.shares.take(share, "a", 0)
    assert store.shares.keep(share, "a", LEASE_S - 1)
    assert not store.shares.take(share, "b", LEASE_S + 1)
    assert store.shares.take(share, "b", 2 * LEASE_S)
    assert not store.shares.keep(share, "a", 2 * LEASE_S)
    assert not store.shares.finish(share, "a")
    assert store.shares.finish(share, "b")


@pytest.mark.slow
def test_of_many_one_gets_it(shared: NamespaceFiles, store: FileStore, data: Path) -> None:
    for _ in range(10):
        share = found(store, shared.share("/root/f", new_token(), 0, None))
        stores = [FileStore(data, str) for _ in range(4)]
        with ThreadPoolExecutor(16) as pool:
            got = list(pool.map(lambda n, s=share, o=stores: o[n % 4].shares.take(s, str(n), 0), range(32)))
        assert sum(got) == 1
        for other in stores:
            other.close()


def test_all_links_of_a_path_are_ended(shared: NamespaceFiles, store: FileStore) -> None:
    shared.write("/root/g", b"x", ASKER)
    used, one, many, late = (shared.share("/root/f", new_token(), 0, seconds) for seconds in (None, None, None, 5))
    other = shared.share("/root/g", new_token(), 0, None)
    assert store.shares.take(found(store, used), "a", 0)
    assert store.shares.finish(found(store, used), "a")
    assert shared.unshare("/root/f", 6) == 2
    assert [store.shares.find(token(url), 6) for url in (used, one, many, late)] == [None] * 4
    assert store.shares.find(token(other), 6)
    assert store.of("user_eve").unshare("/root/g", 6) == 0
    assert shared.unshare("/root/g", 6) == 1


def test_there_are_not_too_many(shared: NamespaceFiles, store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST", 3)
    for _ in range(3):
        shared.share("/root/f", new_token(), 0, 10)
    with pytest.raises(QuotaExceeded):
        shared.share("/root/f", new_token(), 9, None)
    url = shared.share("/root/f", new_token(), 10, None)
    assert found(store, url, 10).path == "/root/f"


def test_what_is_over_is_forgotten_in_the_end(shared: NamespaceFiles, store: FileStore) -> None:
    url = shared.share("/root/f", new_token(), 0, 10)
    shared.share("/root/f", new_token(), REMEMBERED_S, 10)
    assert found(store, url, REMEMBERED_S).over
    shared.share("/root/f", new_token(), REMEMBERED_S + 11, 10)
    assert store.shares.find(token(url), 0) is None
