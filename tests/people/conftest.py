"""The tests in a browser need a Chromium on the machine; a run without one says at its end what it left out."""

import pytest

from tests.people.browser import NAMES, executable

IN_A_BROWSER = "test_in_a_browser.py"
collect_ignore = [] if executable() else [IN_A_BROWSER]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which tests were left out, and what would make them run."""
    if collect_ignore:
        terminalreporter.section("NOT RUN")
        terminalreporter.line(f"tests/people/{IN_A_BROWSER}: found none of {', '.join(NAMES)}")
