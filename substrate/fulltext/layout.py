"""The tables of full text in a namespace.

_oc_text_field      a field of a text table: its name ("table/field"), how many documents and words it has, the number
                    of its next document, how many segments it has had, and how many documents and words are waiting;
                    `stamp` is another random number after each change
_oc_text_document   a document by its id: its number, another one at each write, and its length in words
_oc_text_waiting    documents that are in no segment yet, with their words
_oc_text_segment    some thousand documents whose numbers follow each other: `head` their lengths and numbers and what
                    its blocks begin with, `ids`, and which of them are `alive` (NULL: all)
_oc_text_block      postings of words of a segment that follow each other, and the places of these words

A place is a number: field * 2^42 + the number of a document; field * 2^42 + segment * 2^20 + block.
"""

import secrets

from substrate.own_tables import OwnTables

FIELD_BITS = 42
SEGMENT_BITS = 20

_SCRIPT = """
    CREATE TABLE IF NOT EXISTS _oc_text_field (
        field BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, documents BIGINT NOT NULL, words BIGINT NOT NULL,
        next BIGINT NOT NULL, segments BIGINT NOT NULL, waiting BIGINT NOT NULL, waiting_words BIGINT NOT NULL,
        stamp BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS _oc_text_document (
        field BIGINT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL, length BIGINT NOT NULL,
        PRIMARY KEY (field, id)){compact};
    CREATE TABLE IF NOT EXISTS _oc_text_waiting (
        place {ordered} PRIMARY KEY, id TEXT NOT NULL, length BIGINT NOT NULL, words TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS _oc_text_segment (
        place {ordered} PRIMARY KEY, field BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
        documents BIGINT NOT NULL, words BIGINT NOT NULL, stamp BIGINT NOT NULL,
        gone BIGINT NOT NULL, alive_stamp BIGINT NOT NULL, alive {bytes}, head {bytes} NOT NULL, ids {bytes} NOT NULL);
    CREATE INDEX IF NOT EXISTS _oc_text_segment_order ON _oc_text_segment (field, first);
    CREATE TABLE IF NOT EXISTS _oc_text_block (
        place {ordered} PRIMARY KEY, postings {bytes} NOT NULL, places {bytes} NOT NULL)
"""


def stamp() -> int:
    """A number that nothing else ever gets."""
    return secrets.randbits(62)


TABLES = OwnTables("_oc_text_field", _SCRIPT)


def field_start(field: int) -> int:
    """The first place of a field."""
    return field << FIELD_BITS


def field_end(field: int) -> int:
    """The place behind all of a field."""
    return (field + 1) << FIELD_BITS
