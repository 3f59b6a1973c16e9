"""The routes of jobs: one of them, all of them, following one, its webhooks; and how a run is told as an answer."""
