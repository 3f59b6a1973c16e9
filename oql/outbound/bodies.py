"""The body of an answer, unpacked as it comes, and never more of it than was asked for."""

import zlib
from collections.abc import Iterable, Iterator

from oql.outbound.errors import TooLarge, Unreachable

ACCEPTED = "gzip"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def read_body(pieces: Iterable[bytes], encoding: str, most_bytes: int) -> bytes:
    """A whole body. `encoding`: the header Content-Encoding. Raises TooLarge, Unreachable."""
    if encoding not in ("", "identity"):
        pieces = _unpacked(pieces, encoding, most_bytes)
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most_bytes:
            raise too_large(most_bytes)
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
            while piece:
                if unpacker.eof:  # files of gzip may follow each other
                    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
                # One byte more than allowed is enough to see that there is too much.
                yield unpacker.decompress(piece, most_bytes + 1)
                piece = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise Unreachable("the answer is packed wrongly") from None
    if packed and not unpacker.eof:
        raise Unreachable("the answer ends too early")
