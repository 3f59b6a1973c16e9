"""Which figures people quote: the first table of docs/performance.md, and the short ones in the README."""

from bench.peers import datasette, dbos, faiss, fastapi, postgres, sqlite, starlark, surrealdb, tantivy
from bench.quoted import Quote

_INSERT = "a row inserted, durable, p50"

QUOTES = (
    Quote("a program over HTTP, requests", "http-peers", "EMIT, password in the body", fastapi.HELLO, short=True),
    Quote("a row written over HTTP", "rows-http", "a row written, new each time", fastapi.ROWS, short=True),
    Quote("a row read over HTTP", "rows-http", "a row read by its key", datasette.DATASETTE, short=True),
    Quote("a row inserted in this process, p50", "engines", _INSERT, surrealdb.SURREALDB, short=True),
    Quote("the same, beside the bare limit", "engines", _INSERT, sqlite.SQLITE),
    Quote("SQL: a million rows by group", "million", "SQL: sums by group", postgres.POSTGRES, short=True),
    Quote("durable jobs of three steps", "jobs", "jobs in a second", dbos.DBOS, short=True),
    Quote("one such job, sent to done, p50", "jobs", "one at a time, sent to done, p50", dbos.DBOS),
    Quote("a job goes on after kill -9, p99", "takeover", "from the kill to the next attempt, p99"),
    Quote("a chain of 20 steps, p50", "chains", "20 transform steps in 5 waves, sent to done, p50"),
    Quote("BM25 among 100,000 texts, p50", "fulltext-search", "BM25 in this process, p50", tantivy.SEARCH, short=True),
    Quote("the 10 nearest of 100,000 vectors, p99", "vectors", "topk, p99 delay", faiss.EXACT, short=True),
    Quote("of which are truly among them", "vectors", "topk, recall of the 10 nearest", faiss.HNSW),
    Quote("one step of a program", "step", "UPPER", starlark.STARLARK),
    Quote("`oql run` of a hello", "run-hello", "oql run"),
)
