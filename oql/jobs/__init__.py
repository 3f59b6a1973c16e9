"""Durable runs: their records, what the engine notes of them, and how they are claimed, run, suspended, and ended."""
