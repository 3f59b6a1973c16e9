"""The tables of durable work in every namespace. Times are Unix seconds; `due`: when to look at a row, NULL for never.

job        a run that outlives its process: its program, state, lease, and in the end its answer; of the kind "sync"
           one that was over at once, for the record
journal    what the steps of a job have given, a row for each commit, in order
wait       what a suspended job waits for: a form, an approval, a moment
delivery   a webhook or mail on its way
cron       a program that runs by a schedule
watch      a program that runs when something happens, and how far it has seen what happened
message    what was sent to a channel; changes of files are messages of the channel "fs"

Those of other families of verbs follow in later migrations:

enduser    who signs in to what programs serve: `name` is the key of the username, `password` its hash
session    who is signed in, under the hash of the token
attempt    wrong passwords in a row, under the digest of the username that was given
calendar   a calendar, and the zone of its events
event      an event as JSON, and what it is found by: from when to when it takes place, and whether by its start alone
operation  the versions of the programs that are kept under names

Of chains, whose executions are jobs of the kinds "chain" and "pipeline", and "nested" inside another one:

chain            the texts of chains and pipelines by name
execution        what a job has beside its row as an execution: its parts are below it. `slot`: 1 where it holds one of
                 those of the namespace, 0 where it waits for one, NULL where it needs none; `place`: where the steps of
                 a nested one stand in the journal of `root`; `given_up`: the last claim (fence) that was not cut off;
                 `decided`: 1 where it waits for a slot behind a decision
execution_step   how far each step has come; also what a later run finds done
execution_event  what is told of it, in order: a row for each commit, `number` that of its first event
chain_schedule   when a chain or pipeline is started
chain_cache      outputs of steps for later executions
chain_session    conversations that lead to a new chain
"""

MIGRATIONS = (
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
        source TEXT NOT NULL, request TEXT NOT NULL, options TEXT NOT NULL,
        created DOUBLE PRECISION NOT NULL, started DOUBLE PRECISION, finished DOUBLE PRECISION, due DOUBLE PRECISION,
        holder TEXT, fence BIGINT NOT NULL, attempts BIGINT NOT NULL, answer TEXT,
        idempotency_key TEXT UNIQUE, fingerprint TEXT);
    CREATE INDEX job_due ON job (due) WHERE due IS NOT NULL;
    CREATE INDEX job_held ON job (holder) WHERE holder IS NOT NULL;
    CREATE INDEX job_created ON job (created, id);
    CREATE INDEX job_sync ON job (created) WHERE kind = 'sync';
    CREATE INDEX job_state ON job (state, created, id);
    CREATE INDEX job_finished ON job (finished) WHERE finished IS NOT NULL;
    CREATE TABLE journal (
        job TEXT NOT NULL, number BIGINT NOT NULL, entries TEXT NOT NULL, trace TEXT NOT NULL,
        PRIMARY KEY (job, number));
    CREATE TABLE wait (
        job TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, number BIGINT NOT NULL, shown TEXT NOT NULL,
        opened DOUBLE PRECISION NOT NULL, deadline DOUBLE PRECISION, state TEXT NOT NULL,
        answer TEXT, answered DOUBLE PRECISION, answered_by TEXT, PRIMARY KEY (job, key));
    CREATE TABLE delivery (
        id TEXT PRIMARY KEY, job TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, payload TEXT NOT NULL,
        state TEXT NOT NULL, attempts TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, due DOUBLE PRECISION);
    CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
    CREATE INDEX delivery_job ON delivery (job, created);
    CREATE TABLE cron (
        name TEXT PRIMARY KEY, schedule TEXT NOT NULL, zone TEXT NOT NULL, source TEXT NOT NULL,
        created DOUBLE PRECISION NOT NULL, last DOUBLE PRECISION, fired BIGINT NOT NULL, due DOUBLE PRECISION);
    CREATE INDEX cron_due ON cron (due) WHERE due IS NOT NULL;
    CREATE TABLE watch (
        source TEXT PRIMARY KEY, events TEXT NOT NULL, program TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
        segment BIGINT NOT NULL, place BIGINT NOT NULL, passed BIGINT NOT NULL);
    CREATE TABLE message (
        channel TEXT NOT NULL, number BIGINT NOT NULL, value TEXT NOT NULL, at DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (channel, number));
    """,
    """
    CREATE TABLE enduser (
        id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, username TEXT NOT NULL, email TEXT, password TEXT NOT NULL,
        confirmed DOUBLE PRECISION, created DOUBLE PRECISION NOT NULL);
    CREATE TABLE session (
        token TEXT PRIMARY KEY, enduser TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
        ends DOUBLE PRECISION NOT NULL);
    CREATE INDEX session_enduser ON session (enduser, created);
    CREATE INDEX session_ends ON session (ends);
    CREATE TABLE attempt (
        name TEXT PRIMARY KEY, failures BIGINT NOT NULL, last DOUBLE PRECISION NOT NULL,
        until DOUBLE PRECISION NOT NULL);
    CREATE INDEX attempt_last ON attempt (last);
    """,
    """
    CREATE TABLE operation (
        name TEXT NOT NULL, version BIGINT NOT NULL, source TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (name, version));
    """,
    """
    CREATE TABLE calendar (name TEXT PRIMARY KEY, zone TEXT NOT NULL, created DOUBLE PRECISION NOT NULL);
    CREATE TABLE event (
        id TEXT PRIMARY KEY, calendar TEXT NOT NULL, uid TEXT NOT NULL, occurrence TEXT NOT NULL,
        first DOUBLE PRECISION NOT NULL, last DOUBLE PRECISION NOT NULL, brief BIGINT NOT NULL, fields TEXT NOT NULL,
        UNIQUE (calendar, uid, occurrence));
    CREATE INDEX event_time ON event (brief, first, id);
    CREATE INDEX event_calendar ON event (calendar, brief, first, id);
    """,
    """
    CREATE TABLE chain (
        kind TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, saved DOUBLE PRECISION NOT NULL,
        about TEXT NOT NULL, PRIMARY KEY (kind, name));
    CREATE TABLE execution (
        job TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
        parent TEXT, root TEXT NOT NULL, place TEXT NOT NULL, slot BIGINT, decided BIGINT NOT NULL,
        given_up BIGINT NOT NULL, stalls BIGINT NOT NULL, files TEXT NOT NULL);
    CREATE INDEX execution_created ON execution (kind, created, job);
    CREATE INDEX execution_name ON execution (kind, name);
    CREATE INDEX execution_root ON execution (root, place);
    CREATE INDEX execution_parent ON execution (parent) WHERE parent IS NOT NULL;
    CREATE INDEX execution_slot ON execution (slot) WHERE slot IS NOT NULL;
    CREATE TABLE execution_step (
        job TEXT NOT NULL, number BIGINT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, output TEXT, variable TEXT,
        error TEXT, started DOUBLE PRECISION, finished DOUBLE PRECISION, duration_ms BIGINT, input_tokens BIGINT,
        output_tokens BIGINT, kept BIGINT NOT NULL, PRIMARY KEY (job, number));
    CREATE TABLE execution_event (
        job TEXT NOT NULL, number BIGINT NOT NULL, events TEXT NOT NULL, PRIMARY KEY (job, number));
    CREATE TABLE chain_schedule (
        id TEXT PRIMARY KEY, record TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, last_run TEXT,
        due DOUBLE PRECISION);
    CREATE INDEX chain_schedule_due ON chain_schedule (due) WHERE due IS NOT NULL;
    CREATE INDEX chain_schedule_run ON chain_schedule (last_run) WHERE last_run IS NOT NULL;
    CREATE TABLE chain_cache (key TEXT PRIMARY KEY, output TEXT NOT NULL, made DOUBLE PRECISION NOT NULL);
    CREATE INDEX chain_cache_made ON chain_cache (made);
    CREATE TABLE chain_session (id TEXT PRIMARY KEY, turns TEXT NOT NULL, used DOUBLE PRECISION NOT NULL);
    """,
    """
    CREATE INDEX delivery_created ON delivery (created);
    """,
)
