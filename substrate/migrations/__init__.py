"""Migrations: a table is filled anew beside the old one, in small steps between its writers, and takes its place.

    log        put 7, del 3 ...   --- keys that were written since ---+
    table t5   1 2 3 4 5 6 7 8    --- a chunk behind the last key --- +--> shadow t9   1 2 3 4

A step is one transaction: it first brings the shadow up to date with what the log tells, by copying the rows of these
keys again as they are now, then copies the next chunk, or some of them. So after every step the shadow is the converted
image, at that moment, of all rows up to a key, and rules such as UNIQUE hold in it whenever they hold in the table.
Place and rows commit together; whoever is killed leaves a step undone, and the next one begins it again. Steps are not
waited for on the disk: the loss of power takes the last of them back, place and rows together.

    diff.py      operations, read and checked        plan.py      what they make of a manifest and of each column
    values.py    a value as another type             shadow.py    statements that fill the shadow
    records.py   what is kept of each migration      changes.py   keys that the log tells of
    acts.py      submit, cut over, abort             steps.py     what a worker does
    pace.py      how many rows a step copies

Each transition is a `mig` operation of its frame: the record, with `event` and `actor`, at the cut-over also `version`
and `toml` of the new table. Whoever follows the log converts its own rows then (`following.py`).
"""
