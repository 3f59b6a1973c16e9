"""The models that are asked where neither the step nor the operator names one."""

CHEAP = "claude-haiku-4-5"
"""For what needs no long thought: routers, evaluators, merges."""
ABLE = "claude-sonnet-4-6"
"""For debates."""
