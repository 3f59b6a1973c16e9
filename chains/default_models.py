"""The models that are asked where a step names none."""

CHEAP = "claude-haiku-4-5"
"""For what needs no long thought, and for summaries."""
ABLE = "claude-sonnet-4-6"
"""For debates, and for writing chains where the operator has no default."""
DEFAULT_MODELS = {"router": CHEAP, "evaluator": CHEAP, "merge": CHEAP, "debate": ABLE}
"""Those of the types of steps that have one; others ask the operator's default."""

NO_ENDPOINT = "No model endpoint is configured: the setting model_base_url names one"
"""What is told where a step asks a model and the server has none."""
