"""SQL: statements of requests, checked node by node, resolved against the catalogue, and written anew for an engine.

    text --grammar--> sqlglot's tree --statements--> typed tree (`tree`) --writers--> SQL of an engine with `?`

`check` gives a Select, an Insert or a Delete. A Select becomes a Statement of substrate.engine; the other two say which
rows and which key they mean, for whoever runs or shows them. `condition` writes a check constraint for an engine, and
`check_of` refuses a bad one when its manifest is read.
"""

from substrate.sql.changes import Delete, Insert
from substrate.sql.check import Checked, Select, check, kept, writes
from substrate.sql.conditions import check_of, columns_of, condition

__all__ = ["Checked", "Delete", "Insert", "Select", "check", "check_of", "columns_of", "condition", "kept", "writes"]
