"""The words of a text: those of UAX #29 that hold a letter or a digit, of its NFC form, in lower case."""

import unicodedata

from apsw.unicode import word_iter


def words_of(text: str) -> list[str]:
    """The words in their order. None holds a line break, so that lines can keep them apart."""
    if text.isascii():
        return list(word_iter(text.lower()))
    # Lower case comes last: which form a sigma takes depends on where its word ends.
    return [word.lower() for word in word_iter(unicodedata.normalize("NFC", text))]
