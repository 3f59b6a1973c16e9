"""Chains that a model writes from a description.

prompt.py       what the model is told: every field of `chains.spec`       answers.py   what it answers
generating.py   a conversation up to questions or a chain that is right    sessions.py  conversations that are kept
"""
