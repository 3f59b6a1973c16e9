"""Schedules on both back ends; time is whatever a test says."""

from tests.timers.conftest import ada, opened, url

__all__ = ["ada", "opened", "url"]
