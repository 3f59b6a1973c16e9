"""The API of chains over HTTP, at the root of the server.

routes.py      every route                        envelopes.py   what requests and answers look like
desk.py        who asks, and where work is done   here.py        requests without credentials
bodies.py      JSON and YAML of requests          saved.py       saved chains and pipelines
executions.py  starting and showing               steering.py    cancelling, deciding, resuming
stream.py      events as they happen              download.py    files of a namespace
pipelines.py   what only pipelines have           schedules.py   when something is started
generation.py  chains that a model writes         health.py      how many hold slots
"""
