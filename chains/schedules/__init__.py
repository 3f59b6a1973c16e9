"""Schedules: what starts chains and pipelines by itself.

record.py    a schedule, and the rows that keep it     crons.py       when it comes
given.py     what clients may say of one                firing.py      the runs that it starts
shown.py     as it is published
"""
