"""Texts of files below /root/."""

import codecs

from chains.tools.cut import MOST_CHARACTERS
from chains.tools.pace import Pace, Worker
from oql.errors import Code, failed
from oql.remote.answers import charset
from substrate.errors import StoreError
from substrate.interface import Files

_LONGEST = (MOST_CHARACTERS + 2) * 4
"""Bytes that hold more characters than are ever shown, in any charset."""


def text_of_file(work: Worker, pace: Pace, path: str, encoding: str = "utf-8") -> str:
    """The text of a file, of a long one somewhat more than what `cut` leaves of it. Raises OqlError (FsReadError)."""
    codec = charset(encoding.strip())
    if codec is None:
        raise failed(Code.FS_READ_ERROR, f"`{encoding[:60]}` is not a charset of texts that can be read")
    pace.look()
    try:
        data = _files(work).part(path, 0, _LONGEST, pace)
    except StoreError as error:
        raise failed(Code.FS_READ_ERROR, error.message) from None
    try:
        text = codecs.getincrementaldecoder(codec)().decode(data, final=len(data) < _LONGEST)
    except UnicodeDecodeError as error:
        message = f"the file `{path}` is not {encoding} text: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise failed(Code.FS_READ_ERROR, message) from None
    return text.removeprefix("\ufeff")


def _files(work: Worker) -> Files:
    if work.context.files is None:
        raise failed(Code.UNSUPPORTED, "this run has no files")
    return work.context.files
