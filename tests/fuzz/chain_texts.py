"""Draws texts that were chains: of the examples, with lines and words left out, doubled, moved, or others put in."""

import re
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from chains.spec import STEPS
from tests.fuzz.choices import Choices

_FOLDER = Path(__file__).resolve().parents[2] / "examples" / "chains"
_WORD = re.compile(r"\s+|\w+|[\s\S]")
_KEYS = (
    "name", "steps", "output", "inputs", "id", "type", "prompt", "depends_on", "output_var", "condition", "retry",
    "on_violation", "guardrails", "pre_tools", "inject_as", "items_var", "input_var", "operation", "template_str",
    "step_template", "cache_ttl", "timeout_ms", "max", "default", "optional", "schedule", "chains", "chain", "x",
)  # fmt: skip
_VALUES = (
    "", "~", "0", "-1", "1e400", "9" * 400, "true", "yes", ".nan", ".inf", "[]", "{}", "[[]]", '""', '"', "'", "|", ">",
    "&a", "*a", "&a [*a]", "!!python/object:os.system {}", "!!binary x", "2026-01-01", "{x}", "{x.y|z}", "{", "}",
    "'{x} == 1'",
    "'{x} >= '", "'((('", "'{x} && || !'", '"\\0"', "\0", "\ufeff", "\u2028", "\x85", "\t",
    "<<: *a", "? a", "---", "...", "%YAML 9.9", "# x", "a: b: c", "- - -", "a" * 300, "[" * 100, "{a: " * 100,
    *STEPS,
)  # fmt: skip


@cache
def examples() -> list[str]:
    """The chains and pipelines among the examples."""
    return [path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.yaml"))]


def _mutated(drawn: bytes) -> str:
    choices = Choices(drawn)
    text = choices.of(examples())
    for _ in range(1 + choices.count(4)):
        text = _lines_changed(choices, text) if choices.count(1) else _words_changed(choices, text)
    return text


def _lines_changed(choices: Choices, text: str) -> str:
    lines = text.split("\n")
    at, other = choices.of(range(len(lines))), choices.of(range(len(lines)))
    match choices.count(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = " " * choices.count(6) + lines[at].lstrip()
        case 4:
            del lines[at:]
        case 5:
            lines.insert(at, " " * choices.count(6) + f"{choices.pick(*_KEYS)}: {choices.pick(*_VALUES)}")
        case _:
            key = lines[at].partition(":")[0]
            lines[at] = f"{key}: {choices.pick(*_VALUES)}"
    return "\n".join(lines)


def _words_changed(choices: Choices, text: str) -> str:
    words = _WORD.findall(text) or [""]
    at, other = choices.of(range(len(words))), choices.of(range(len(words)))
    match choices.count(4):
        case 0:
            del words[at]
        case 1:
            words[at] = choices.pick(*_VALUES)
        case 2:
            words[at] = choices.pick(*_KEYS)
        case 3:
            words[at], words[other] = words[other], words[at]
        case _:
            words.insert(at, choices.pick(*_VALUES))
    return "".join(words)


def chain_texts() -> st.SearchStrategy[str]:
    """Texts made of examples by a few changes."""
    return st.binary(min_size=12, max_size=60).map(_mutated)
