"""Plans: the language of trees of operators in which the published API asks, compiled to one statement of an engine.

reading, operators, predicates    JSON -> tree (tree.py), with operands taken out; json_schema describes the same
writing and what it imports       tree -> SELECT (select.py), one step for each operator
binding                           operands -> bound values
explaining                        runs a plan node by node
leading                           whether a relation leads anywhere at all
"""

from substrate.plan.compiling import compile, kept, predicate  # noqa: A004 -- see there
from substrate.plan.explaining import explain
from substrate.plan.json_schema import schema

__all__ = ["compile", "explain", "kept", "predicate", "schema"]
