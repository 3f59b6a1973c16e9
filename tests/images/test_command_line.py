"""Images on the command line: files of the data folder."""

from pathlib import Path

import PIL.Image

from tests.cli.calling import oql
from tests.images.making import RED, file, opened


def test_a_program_works_on_files(tmp_path: Path) -> None:
    folder = tmp_path / "namespaces" / "local" / "files"
    folder.mkdir(parents=True)
    (folder / "a.bmp").write_bytes(file(PIL.Image.new("RGB", (6, 4), RED), "BMP"))
    text = 'IMAGE LOAD "/root/a.bmp" SET ?i AFTER RESIZE ?i TO "3" SET ?r AFTER WRITE ?r INTO "/root/b.png"'
    called = oql("run", "-c", f"{text} AFTER EMIT ?r(height)", OQL_DATA=str(tmp_path))
    assert (called.code, called.out) == (0, "2\n"), called.err
    made = opened((folder / "b.png").read_bytes())
    assert (made.format, made.size, made.getpixel((2, 1))) == ("PNG", (3, 2), RED)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    called = oql("run", "-c", 'IMAGE LOAD "/root/none.png"', OQL_DATA=str(tmp_path))
    assert called.code == 1
    assert called.err.startswith("error[FsReadError]")
