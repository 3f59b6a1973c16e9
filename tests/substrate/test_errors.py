"""How the store refuses: the words of the published API, which refusals may be retried, what a message repeats."""

import pytest

from substrate import errors


@pytest.mark.parametrize(
    ("kind", "code", "retry"),
    [
        (errors.Invalid, "validation_failed", False),
        (errors.NotFound, "not_found", False),
        (errors.Conflict, "conflict", False),
        (errors.QuotaExceeded, "quota_exceeded", False),
        (errors.Cancelled, "cancelled", False),
        (errors.Fenced, "fenced", True),
        (errors.Unavailable, "server_error", True),
    ],
)
def test_each_kind_has_its_published_code(kind: type[errors.StoreError], code: str, retry: bool) -> None:
    error = kind("no", column="qty")
    assert (error.code, error.message, error.detail, error.retry) == (code, "no", {"column": "qty"}, retry)


def test_one_refusal_can_be_worth_another_try() -> None:
    assert errors.Conflict("the version differs", current_version=3).retryable().retry
    assert not errors.Conflict("the version differs", current_version=3).retry


def test_an_unknown_name_comes_with_the_nearest_known_one() -> None:
    error = errors.unknown("colums", "a field", ["columns", "indexes"], column="x")
    assert error.message == "`colums` is not a field: did you mean `columns`?"
    assert error.detail == {"column": "x"}
    assert errors.unknown("zzz", "a field", ["columns"]).message == "`zzz` is not a field"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('say "hi"', '"say \\"hi\\""'),
        ("line\nfeed", '"line\\nfeed"'),
        ("\ud800", '"\\ud800"'),
        ("x" * 1_000_000, '"' + "x" * 60 + '..."'),
        (1.0, "1.0"),
        (True, "true"),
        (10**400, "a number"),
        (float("nan"), "a number"),
        (None, "null"),
        ([1], "an array"),
        ({}, "an object"),
        (b"x", "binary"),
    ],
)
def test_values_are_shown_short_and_harmless(value: object, words: str) -> None:
    assert errors.described(value) == words


def test_an_integer_too_long_for_text_is_shown_by_its_kind() -> None:
    assert errors.described(10**5000) == "a number"


def test_names_are_shown_short_and_harmless() -> None:
    assert errors.shown("a\u202eb\n") == "`a\\u202eb\\n`"
    assert errors.unknown("x" * 1_000_000, "a field", ["x"]).message == f"`{'x' * 60}...` is not a field"
