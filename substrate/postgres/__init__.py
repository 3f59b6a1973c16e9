"""Storage in a PostgreSQL database: a schema for each namespace, and for each control database of the server."""
