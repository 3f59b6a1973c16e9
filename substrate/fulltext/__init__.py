"""Full text: an inverted index for each field of a text table, in the namespace's own database.

    put -> waiting documents, one row each -- 512 of them --> a segment -- 8 of them, by and by --> a larger one

A search reads all of it in one snapshot, so what is committed is found at once, in every process. A segment is
immutable but for the marks of documents that are gone: what a process keeps of it in memory is never out of date.

    substrate/fulltext/words.py      text -> words
    substrate/fulltext/layout.py     the tables
    substrate/fulltext/postings.py   which word stands where: columns of numbers, and blocks of bytes
    substrate/fulltext/segments.py   segments, and what a process keeps of them
    substrate/fulltext/waiting.py    documents that are in no segment yet
    substrate/fulltext/fields.py     the fields, and their totals
    substrate/fulltext/writing.py    put and delete
    substrate/fulltext/gathering.py  segments made of what was waiting
    substrate/fulltext/merging.py    segments put together
    substrate/fulltext/upkeep.py     the same beside the writers
    substrate/fulltext/parts.py      all documents of a field, as a search sees them
    substrate/fulltext/scoring.py    BM25, exactly by its formula
    substrate/fulltext/searching.py  words -> documents

Of these only the modules that are needed are loaded when something is first searched or gathered: numpy takes long.
"""
