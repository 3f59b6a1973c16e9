"""The inputs of a chain: what fits, what is refused and with which words, and the variables they become."""

from typing import Any

import pytest

from chains.document import read as chain_of
from chains.fields import Written
from chains.inputs import InputRefused, flaws, given
from chains.pipelines.document import read as pipeline_of
from chains.spec import Input

SIZES = {"/root/a.pdf": 10, "/root/p.JPG": 500}


def declared(**fields: Any) -> Input:
    return Input.model_validate({"name": "k", **fields})


@pytest.mark.parametrize(
    ("fields", "value", "text"),
    [
        ({}, "x", "x"),
        ({}, 5, "5"),
        ({}, {"a": [1]}, '{"a":[1]}'),
        ({}, False, "false"),
        ({"default": "d"}, None, "d"),
        ({"default": "d"}, "", "d"),
        ({"default": Written("1.50")}, None, "1.50"),
        ({"default": ["a"]}, None, '["a"]'),
        ({"type": "number", "min": 1, "max": 5}, "3.5", "3.5"),
        ({"type": "boolean"}, "YES", "YES"),
        ({"type": "boolean"}, True, "true"),
        ({"type": "enum", "enum": ["a", Written("5")]}, "a", "a"),
        ({"type": "url"}, "HTTPS://example.com", "HTTPS://example.com"),
        ({"type": "json"}, "[1]", "[1]"),
        ({"min_length": 2, "max_length": 3, "pattern": "^a"}, "ab", "ab"),
        ({"type": "file", "accepts": [".pdf"], "max_file_size": 10}, "/root/a.pdf", "/root/a.pdf"),
        ({"type": "file", "accepts": ["application/pdf"]}, "/root/a.pdf", "/root/a.pdf"),
        ({"type": "image", "accepts": ["image/jpeg"]}, "/root/p.JPG", "/root/p.JPG"),
        ({"type": "image", "accepts": ["image/*"]}, "/root/p.JPG", "/root/p.JPG"),
        ({"type": "image"}, "/root/p.JPG", "/root/p.JPG"),
    ],
)
def test_it_fits(fields: dict[str, Any], value: Any, text: str) -> None:
    found = given([declared(**fields)], {"k": value}, SIZES.get)
    assert found.variables == {"k": text, "input.k": text}
    assert found.omitted == frozenset()


@pytest.mark.parametrize(
    ("fields", "value", "said"),
    [
        ({}, None, 'Missing required input: "k"'),
        ({"description": "what about"}, "", 'Missing required input: "k" (what about)'),
        ({"type": "number"}, "many", 'Invalid input "k": expected a number'),
        ({"type": "number", "min": 1}, 0, 'Invalid input "k": expected at least 1'),
        ({"type": "number", "max": 1.5}, 2, 'Invalid input "k": expected at most 1.5'),
        ({"type": "boolean"}, "maybe", 'Invalid input "k": expected true or false'),
        ({"type": "enum", "enum": ["a", "b"]}, "c", 'Invalid input "k": expected one of a, b'),
        ({"type": "url"}, "ftp://x", 'Invalid input "k": expected a URL that begins with http:// or https://'),
        ({"min_length": 3}, "ab", 'Invalid input "k": expected at least 3 characters, found 2'),
        ({"max_length": 1}, "ab", 'Invalid input "k": expected at most 1 characters, found 2'),
        ({"pattern": "^b"}, "ab", 'Invalid input "k": expected a match of ^b'),
        ({"type": "file"}, "/etc/passwd", 'Invalid input "k": expected the path of a file below /root/'),
        ({"type": "file"}, "/root/zz", 'Invalid input "k": expected the path of a file below /root/'),
        (
            {"type": "file", "accepts": [".txt", "md"]},
            "/root/a.pdf",
            'Invalid input "k": expected a file of the type .txt or md',
        ),
        ({"type": "file", "max_file_size": 9}, "/root/a.pdf", 'Invalid input "k": expected at most 9 bytes, found 10'),
    ],
)
def test_it_is_refused(fields: dict[str, Any], value: Any, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        given([declared(**fields)], {"k": value}, SIZES.get)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("values", "missing", "hint"),
    [
        ({"text": "x", "cuont": 1}, "count", '"cuont" is no declared input, did you mean `count`?'),
        ({"txt": "a"}, "text", '"txt" is no declared input, did you mean `text`?'),
        ({"zz": "a", "text": "b"}, "count", '"zz" is no declared input'),
        ({"a": "a", "b": "b"}, "text", '"a" is no declared input; "b" is no declared input'),
        ({"text": "a", "x" * 50: 1}, "count", f'"{"x" * 37}..." is no declared input'),
        ({"txt": ""}, "text", None),
    ],
)
def test_what_was_given_instead_of_a_missing_input_is_told(
    values: dict[str, Any], missing: str, hint: str | None
) -> None:
    inputs = [Input.model_validate({"name": name}) for name in ("text", "count")]
    with pytest.raises(InputRefused) as refused:
        given(inputs, values, SIZES.get)
    message = f'Missing required input: "{missing}"'
    assert (refused.value.message, refused.value.hint) == (message, hint)
    assert str(refused.value) == (f"{message}; {hint}" if hint else message)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(InputRefused, match=r'^Invalid input "k": expected JSON: '):
        given([declared(type="json")], {"k": "{"}, SIZES.get)


def test_optional_ones_are_omitted_and_others_passed_through() -> None:
    found = given([declared(optional=True, type="number")], {"other": [1, 2]}, SIZES.get)
    assert found.omitted == {"k"}
    assert found.variables == {"other": "[1,2]", "input.other": "[1,2]"}


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"pattern": "("}, "pattern", "bad regular expression `(`"),
        ({"type": "enum"}, "enum", "is required for inputs of the type `enum`"),
        ({"type": "number", "min": 2, "max": 1}, "min", "is more than `max`"),
        ({"min_length": 2, "max_length": 1}, "min_length", "is more than `max_length`"),
        ({"type": "number", "default": "abc"}, "default", "expected a number"),
        ({"type": "enum", "enum": ["a", "b"], "default": "c"}, "default", "expected one of a, b"),
        ({"pattern": "^a", "default": "b"}, "default", "expected a match of ^a"),
    ],
)
def test_what_no_value_could_fit_is_told_when_it_is_declared(fields: dict[str, Any], field: str, said: str) -> None:
    [(path, message)] = flaws([declared(name="first"), declared(**fields)])
    assert path == (1, field)
    assert message.startswith(said)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "number", "min": 1, "max": 1, "default": Written("1")},
        {"type": "file", "default": "/root/a.pdf"},
        {"type": "enum", "enum": ["a"], "default": ""},
        {"pattern": "^[0-9]+$", "default": 5},
    ],
)
def test_what_a_value_can_fit_is_no_flaw(fields: dict[str, Any]) -> None:
    assert list(flaws([declared(**fields)])) == []


def test_two_inputs_of_one_name() -> None:
    assert list(flaws([declared(), declared(type="number")])) == [((1, "name"), 'Duplicate input name "k"')]


@pytest.mark.parametrize(
    "text",
    [
        "name: n\noutput: o\nsteps: [{id: a, type: agent, prompt: p, output_var: o}]\n",
        "name: n\noutput: a\nchains: [{id: a, chain: c}]\n",
    ],
)
def test_chains_and_pipelines_tell_of_it(text: str) -> None:
    read = chain_of if "steps" in text else pipeline_of
    [problem] = read(f"{text}inputs: [{{name: x, pattern: (}}]\n").problems.errors
    assert problem.path == "inputs.0.pattern"
