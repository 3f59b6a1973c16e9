"""Pipelines: whole chains that form a graph, as steps do in a chain.

document.py    the text of a pipeline -> its model, or all that is wrong with it
spec.py        every field of that text            references.py  `{ref.result}` inside its texts

A pipeline runs as a chain whose steps are its entries: `chains/types/entry.py` performs one.
"""
