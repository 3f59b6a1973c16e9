"""Loads the grammars: adds the words that are declared elsewhere, and keeps Lark's tables between starts."""

import hashlib
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import lark
import platformdirs

import grammar
from oql import verbs
from oql.conditions import NULL_TESTS, OPERATORS
from oql.people.answers import KINDS
from oql.verbs.declare import MODIFIERS

PHRASES = {"ON SCHEDULE": "ON"}
"""Longer ways to write a modifier."""


def load(name: str, extra: str = "", **options: Any) -> lark.Lark:
    """The LALR parser of a grammar, with `extra` grammar text added.

    Building tables takes about 100 ms, so they are kept in the user's cache folder under a hash of grammar and options;
    a folder that cannot be written only costs that time.
    """
    text = f"{grammar.read(name)}\n{extra}"
    key = hashlib.sha256(f"{lark.__version__}\n{sorted(map(str, options))}\n{text}".encode()).hexdigest()[:24]
    folder = cache_folder()
    kept: bool | str = str(folder / f"{name}-{key}.lark") if folder else False
    return lark.Lark(text, parser="lalr", cache=kept, maybe_placeholders=True, **options)


@cache
def cache_folder() -> Path | None:
    """Where the parsers' tables are kept between starts; None when no folder can be written by its owner alone."""
    folder = Path(os.environ.get("OQL_CACHE") or platformdirs.user_cache_path("oql"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owned = folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 0o022
        return folder if owned and os.access(folder, os.W_OK) else None
    except OSError:
        return None


def _either(phrases: Any) -> str:
    """A pattern for any of the phrases as whole words: longest first, any white space between words."""
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.sub(r" ", r"\\s+", phrase) for phrase in ordered) + r")\b"


def declared_terminals() -> str:
    """Grammar text for the words that verbs, modifiers and comparisons declare."""
    both = set(verbs.table()) & set(OPERATORS)
    by_block: dict[str, list[str]] = {
        kind: [] for kind in ("VERB", "VERB_ITEMS", "VERB_PAIRS", "VERB_FIELDS", "VERB_ENTRIES", "VERB_STEPS")
    }
    for verb in verbs.table().values():
        if verb.name not in both:
            by_block[f"VERB_{verb.block.upper()}" if verb.block else "VERB"].append(verb.name)
    lines = [f"{kind}: /{_either(names) if names else '(?!)x'}/" for kind, names in by_block.items()]
    lines.append(f"VERB_OR_COMPARE: /{_either(both) if both else '(?!)x'}/")
    modifiers = [word for word in MODIFIERS if word not in ("AS", "FORMAT", "WHERE")]  # terminals of the grammar
    lines.append(f"MODIFIER.1: /{_either([*modifiers, *PHRASES])}/")
    lines.append(f"KIND: /{_either(KINDS)}/")
    lines.append(f"COMPARE.2: /{_either(set(OPERATORS) - both)}/")
    lines.append(f"NULL_TEST.2: /{_either(NULL_TESTS)}/")
    return "\n".join(lines) + "\n"


def keywords(parser: lark.Lark) -> list[str]:
    """The statement words of a grammar, such as `OPEN NEST`: the terminals that are named for the words they match."""
    found = []
    for terminal in parser.terminals:
        words = terminal.name.lstrip("_").replace("_", " ")
        if terminal.pattern.value.startswith(words.split()[0]) and words.isupper() and "ALSO" not in words:
            found.append(words)
    return sorted(found)
