"""The body of an answer, unpacked as it comes, and never more of it than was asked for."""

import zlib
from collections.abc import Callable, Iterable, Iterator

from oql.outbound.errors import TooLarge, Unreachable

ACCEPTED = "gzip"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_STEP_BYTES = 64 * 1024
"""How much is unpacked at a time, so that whoever counts it can say no before there is much."""


def read_body(
    pieces: Iterable[bytes], encoding: str, most_bytes: int, on_piece: Callable[[bytes], None] | None = None
) -> bytes:
    """A whole body. `encoding`: the header Content-Encoding; `on_piece`: gets what has come in, unpacked, at once.

    Raises TooLarge, Unreachable.
    """
    if encoding not in ("", "identity"):
        pieces = _unpacked(pieces, encoding, most_bytes)
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most_bytes:
            raise too_large(most_bytes)
        if on_piece:
            on_piece(piece)
    return bytes(body)


def too_large(most_bytes: int) -> TooLarge:
    """The error of an answer with more than this."""
    return TooLarge(f"the answer has more than {most_bytes:,} bytes")


def _unpacked(pieces: Iterable[bytes], encoding: str, most_bytes: int) -> Iterator[bytes]:
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unreachable(f"the answer is packed as `{encoding[:20]}`, which was not asked for")
    unpacker, packed = zlib.decompressobj(_GZIP_OR_ZLIB), 0
    try:
        for piece in pieces:
            packed += len(piece)
            if packed > most_bytes + 1_024:
                raise too_large(most_bytes)
            full = False
            while piece or full:
                if unpacker.eof:  # files of gzip may follow each other
                    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
                unpacked = unpacker.decompress(piece, _STEP_BYTES)
                yield unpacked
                piece = unpacker.unconsumed_tail or unpacker.unused_data
                full = len(unpacked) == _STEP_BYTES and not unpacker.eof  # so there may be more of what came
    except zlib.error:
        raise Unreachable("the answer is packed wrongly") from None
    if packed and not unpacker.eof:
        raise Unreachable("the answer ends too early")
