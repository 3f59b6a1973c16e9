"""The store over HTTP: tables, rows, plans, SQL and changes of a tenant, for bearers of its tokens."""
