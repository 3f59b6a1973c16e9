"""The patterns of mistakes and what they become, a table for each part of the language. oql/rewrites.py uses them."""
