"""Archives: there and back, as others make and read them, and those that were made to do harm."""

import gzip
import io
import os
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from substrate.errors import Invalid, StoreError
from substrate.files.archives import bounds
from substrate.files.folder import NamespaceFiles
from substrate.files.ledger import BLOCK
from substrate.files.opening import FileStore
from tests.files.asking import ASKER, NAMESPACE, Asker, Ended, expect_true_count, inside, paths, text
from tests.fuzz.dose import dose

KINDS = ("zip", "tar", "tar.gz")
LONG = "long/" * 30 + "name " * 40 + "é日👍.txt"


def tar(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these members."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member of a tar."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these entries."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def unpacked(files: NamespaceFiles, archive: bytes, into: str = "/root/out") -> int:
    """Unpacks an archive; how many files there were."""
    files.write("/root/archive", archive, ASKER)
    return files.unpack("/root/archive", into, ASKER)


def refused(files: NamespaceFiles, data: Path, archive: bytes, message: str) -> None:
    """Holds when an archive is refused and nothing of it is left anywhere."""
    with pytest.raises(Invalid, match=message):
        unpacked(files, archive)
    assert paths(files) == ["/root/archive"]
    assert set(os.listdir(data.parent)) <= {data.name}
    expect_true_count(data)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(files: NamespaceFiles, data: Path, kind: str) -> None:
    contents = {f"/root/d/{LONG}": b"x", "/root/d/empty": b"", "/root/d/large": os.urandom(700_000), "/root/f": b"y"}
    for path, content in contents.items():
        files.write(path, content, ASKER)
    files.make_folder("/root/d/folder", ASKER)
    files.pack(["/root/d", "/root/f"], kind, "/root/archive", ASKER)
    assert files.unpack("/root/archive", "/root/back", ASKER) == 4
    for path, content in contents.items():
        assert files.read(path.replace("/root", "/root/back"), 2**20, ASKER) == content
    assert files.stat("/root/back/d/folder")
    expect_true_count(data)


def test_others_can_read_them(files: NamespaceFiles, data: Path) -> None:
    files.write(f"/root/d/{LONG}", b"x", ASKER)
    for kind in KINDS:
        files.pack(["/root/d"], kind, f"/root/{kind}", ASKER)
    with zipfile.ZipFile(inside(data) / "zip") as archive:
        assert archive.testzip() is None
        assert f"d/{LONG}" in archive.namelist()
    for kind in ("tar", "tar.gz"):
        with tarfile.open(inside(data) / kind) as opened:
            assert f"d/{LONG}" in opened.getnames()
    files.pack([f"/root/d/{LONG}"], "gz", "/root/gz", ASKER)
    assert gzip.decompress((inside(data) / "gz").read_bytes()) == b"x"


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_of_tar_is_read(files: NamespaceFiles, form: int) -> None:
    names = ["a", "d/" * 40 + "b", *(["x" * 200] if form != tarfile.USTAR_FORMAT else [])]
    archive = tar(*((member(name), name.encode()) for name in names), (member("e", tarfile.DIRTYPE), b""), form=form)
    assert unpacked(files, archive) == len(names)
    assert [text(files, f"/root/out/{name}") for name in names] == names
    assert files.stat("/root/out/e")


def test_gzip_of_several_parts_and_with_zeros_behind(files: NamespaceFiles) -> None:
    assert unpacked(files, gzip.compress(b"one ") + gzip.compress(b"two") + bytes(600)) == 1
    assert text(files, "/root/out/archive") == "one two"


def test_an_empty_archive(files: NamespaceFiles) -> None:
    assert unpacked(files, zipped()) == 0
    assert files.stat("/root/out")


ESCAPES = ["../x", "a/../../x", "/etc/x", "/root/x", "..", "a/..", "a\0b", "a\nb", "x" * 256, "d/" * 64 + "x"]


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leads_out(files: NamespaceFiles, data: Path, name: str) -> None:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    refusal = r"\.\.|absolute|control|bytes, more than|damaged|names|deep"
    if "\0" not in name:  # zip and ustar end a name there
        refused(files, data, zipped((info, b"x")), refusal)
        refused(files, data, tar((member(name), b"x")), refusal)
        refused(files, data, gzip.compress(tar((member(name), b"x"), form=tarfile.GNU_FORMAT)), refusal)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.CONTTYPE]
)
def test_links_and_devices_of_tar(files: NamespaceFiles, data: Path, kind: bytes) -> None:
    archive = tar((member("a"), b"x"), (member("b", kind, "/etc/passwd"), b""))
    if kind == tarfile.CONTTYPE:  # an ordinary file by another name
        assert unpacked(files, archive) == 2
    else:
        refused(files, data, archive, "the archive has a link or device: `b`")


def test_a_link_of_zip(files: NamespaceFiles, data: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    refused(files, data, zipped((info, b"/etc/passwd")), "the archive has a link or device: `link`")


def test_a_name_that_stands_twice(files: NamespaceFiles, data: Path) -> None:
    refused(files, data, tar((member("a"), b"1"), (member("a"), b"2")), "has `a` twice")
    refused(files, data, tar((member("a"), b"1"), (member("a/b"), b"2")), "a file and a folder of the name `a`")
    refused(files, data, tar((member("a/b"), b"1"), (member("a"), b"2")), "has `a` twice")


def test_a_zip_that_is_encrypted_or_packed_in_an_odd_way(files: NamespaceFiles, data: Path) -> None:
    plain = bytearray(zipped(("a", b"x")))
    plain[6] |= 1
    plain[plain.index(b"PK\1\2") + 8] |= 1
    refused(files, data, bytes(plain), "encrypted")
    refused(files, data, zipped(("a", b"x"), packing=zipfile.ZIP_LZMA), "not supported")


@pytest.mark.slow
def test_a_bomb_ends_when_it_has_grown_too_much(files: NamespaceFiles, data: Path) -> None:
    size = bounds.FREE_BYTES + 1
    for archive in (
        zipped(("a", bytes(size))),
        gzip.compress(bytes(size)),
        gzip.compress(tar((member("a"), bytes(size)))),
    ):
        refused(files, data, archive, "unpacks to more than 67,108,864 bytes")


def test_bombs_take_no_memory(files: NamespaceFiles) -> None:
    files.write("/root/archive", gzip.compress(bytes(bounds.FREE_BYTES + 1)), ASKER)
    tracemalloc.start()
    try:
        with pytest.raises(Invalid):
            files.unpack("/root/archive", "/root/out", ASKER)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def test_entries_that_share_their_content(files: NamespaceFiles, data: Path) -> None:
    """A zip whose entries all stand at the same place is small, and unpacks to very much."""
    one = zipped(("shared", bytes(10 * 2**20)))
    start = one.index(b"PK\1\2")
    end = one.index(b"PK\5\6")
    entries = b"".join(one[start:end].replace(b"shared", b"part%02d" % number) for number in range(20))
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 20, 20, len(entries), start, 0)
    refused(files, data, one[:start] + entries + last, "damaged|unpacks to more")


@pytest.mark.slow
def test_too_many_entries(files: NamespaceFiles, data: Path) -> None:
    many = bounds.MAX_ENTRIES + 1
    refused(files, data, zipped(*((f"{n}", b"") for n in range(many))), "more than 10,000 entries")
    refused(files, data, tar(*((member(f"{n}"), b"") for n in range(many))), "more than 10,000 entries")


def test_a_zip_that_says_it_has_a_long_list(files: NamespaceFiles, data: Path) -> None:
    """The list of entries is bounded before it is read, whatever its count says."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    entries = entry * 300_000
    archive = b"PK\3\4" + entries + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entries), 4, 0)
    tracemalloc.start()
    try:
        refused(files, data, archive, "more than 10,000 entries")
        assert tracemalloc.get_traced_memory()[1] < 4 * len(archive)
    finally:
        tracemalloc.stop()


def test_headers_of_tar_that_go_on_for_ever(files: NamespaceFiles, data: Path) -> None:
    huge = member("x" * 100_000)
    refused(files, data, tar((huge, b"")), "header that is too long")
    digits = tarfile.TarInfo("a")
    digits.pax_headers = {"GNU.sparse.size": "9" * 10_000, "GNU.sparse.offset": "1" * 40_000}
    refused(files, data, tar((digits, b"x")), "sparse")
    told = tar((huge, b""))[: 512 * 100]
    refused(files, data, (told[:512] + bytes(512)) * 5_000, "damaged|too long")
    nothing = bytearray(member("a").tobuf())
    nothing[156:157], nothing[148:156] = b"x", b" " * 8
    nothing[148:156] = b"%06o\0 " % sum(nothing)
    refused(files, data, gzip.compress(bytes(nothing) * 5_000), "tells too much about one file")


def test_sizes_that_are_not_true(files: NamespaceFiles, data: Path) -> None:
    archive = bytearray(tar((member("a"), b"x" * 600)))
    archive[124:136] = b"77777777777\0"
    archive[148:156] = b"%06o\0 " % (sum(archive[:148]) + 8 * 32 + sum(archive[156:512]))
    refused(files, data, bytes(archive), "damaged|unpacks to more")
    refused(files, data, tar((member("a"), b"x" * 6_000))[:3_000], "damaged")


def test_a_bomb_for_a_full_account(data: Path) -> None:
    files = FileStore(data, str, quota_bytes=lambda _: 20 * BLOCK).of(NAMESPACE)
    files.write("/root/archive", zipped(("a", bytes(2**20))), ASKER)
    with pytest.raises(StoreError, match="than the 81,920 bytes"):
        files.unpack("/root/archive", "/root/out", ASKER)
    assert paths(files) == ["/root/archive"]
    expect_true_count(data)


def test_who_ends_the_work(files: NamespaceFiles, data: Path) -> None:
    files.write("/root/archive", zipped(*((f"{n}", b"x") for n in range(50))), ASKER)
    with pytest.raises(Ended):
        files.unpack("/root/archive", "/root/out", Asker(20))
    assert paths(files) == ["/root/archive"]
    expect_true_count(data)


def test_who_ends_the_work_where_nothing_comes_of_it(files: NamespaceFiles) -> None:
    files.write("/root/archive", gzip.compress(b"") * 50_000, ASKER)
    asker = Asker(10)
    with pytest.raises(Ended):
        files.unpack("/root/archive", "/root/out", asker)
    assert paths(files) == ["/root/archive"]


GOOD: tuple[Callable[[], bytes], ...] = (
    lambda: zipped(("a/b", b"hello" * 20), ("c", b"")),
    lambda: tar((member("a/b"), b"hello" * 20), (member("x" * 120), b"y")),
    lambda: gzip.compress(tar((member("a/b"), b"hello" * 20))),
    lambda: gzip.compress(b"hello" * 20),
)


@pytest.mark.slow
@dose(150)
@given(
    st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6), st.booleans()
)
def test_damage_is_refused_and_nothing_else_happens(
    files: NamespaceFiles, data: Path, good: Callable[[], bytes], changes: list[tuple[int, int]], cut: bool
) -> None:
    archive = bytearray(good())
    for place, value in changes:
        archive[place % len(archive)] = value
    if cut and changes:
        del archive[changes[0][0] % len(archive) :]
    with suppress(Invalid):
        unpacked(files, bytes(archive))
    expect_true_count(data)
    assert os.listdir(data.parent) == [data.name]
