"""Workflows in YAML: chains, which the engine of the language runs.

document.py    the text of a chain -> its model, or all that is wrong with it
spec.py        every field of that text                problems.py     what is wrong, and where
steps.py       the fields of one step -> its model     elements.py     what a loop goes over, and its step for an item
check.py       what has to hold between steps          inputs.py       what a run is given
references.py  `{name}` inside texts                   conditions.py   whether a step runs
transforms.py  what a transform step makes of a text   guardrails.py   what a step demands of its output
choices.py     what an answer of a model means
"""
