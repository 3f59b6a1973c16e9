"""Executions in the store: jobs of the kinds "chain" and "pipeline", with their steps and events.

records.py   find, cancel, resume, decide       steps.py    how far each step has come
events.py    what is told                       outbox.py   what waits to be written
keeper.py    writes it, with the journal        reading.py  as the API shows them
"""
