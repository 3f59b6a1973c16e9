"""The tables of this room, as the scripts that make them.

A script that was released stays as it is: it has run in real folders. A change is one more script.
"""

DATABASE = "accounts"
"""The name of the control database that holds them."""

MIGRATIONS = (
    """
    CREATE TABLE account (
        id TEXT PRIMARY KEY,
        username TEXT NOT NULL UNIQUE,
        email TEXT UNIQUE,
        phone TEXT UNIQUE,
        namespace TEXT NOT NULL UNIQUE,
        tier TEXT NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0,
        password_hash TEXT,
        version INTEGER NOT NULL DEFAULT 1, -- goes up with every change
        created_at DOUBLE PRECISION NOT NULL
    );
    CREATE TABLE whitelist (
        entry TEXT PRIMARY KEY,
        wildcard TEXT NOT NULL, -- the `*.` entry that would cover this one; of such an entry, itself
        position INTEGER NOT NULL,
        account_id TEXT NOT NULL REFERENCES account (id)
    );
    CREATE INDEX whitelist_account ON whitelist (account_id, position);
    CREATE INDEX whitelist_wildcard ON whitelist (wildcard);
    CREATE TABLE token (
        hash TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_id TEXT NOT NULL, -- no reference: the development account is in no table
        name TEXT NOT NULL,
        scopes TEXT NOT NULL,
        created_at DOUBLE PRECISION NOT NULL,
        expires_at DOUBLE PRECISION NOT NULL
    );
    CREATE INDEX token_account ON token (account_id, created_at);
    CREATE TABLE failure (
        subject TEXT PRIMARY KEY,
        failures INTEGER NOT NULL,
        last_at DOUBLE PRECISION NOT NULL,
        locked_until DOUBLE PRECISION NOT NULL
    );
    CREATE INDEX failure_age ON failure (last_at);
    CREATE TABLE known_address (
        subject TEXT PRIMARY KEY,
        last_at DOUBLE PRECISION NOT NULL
    );
    """,
    """
    ALTER TABLE token ADD COLUMN tenant TEXT; -- of tokens that no account has (account_id ''); null: an operator's
    CREATE INDEX token_tenant ON token (tenant, created_at);
    """,
    """
    CREATE TABLE site (
        name TEXT PRIMARY KEY,
        namespace TEXT NOT NULL, -- no reference: that of the development account is in no table
        created_at DOUBLE PRECISION NOT NULL
    );
    CREATE INDEX site_namespace ON site (namespace);
    """,
    """
    ALTER TABLE account ADD COLUMN allowed TEXT; -- permissions, a blank between them
    ALTER TABLE account ADD COLUMN operations TEXT; -- a line each: what its origins may run; null: any program
    """,
)
