"""Variables of the environment, of those that the operator names."""

from chains.pre_tool_spec import EnvVar
from chains.tools.pace import Pace
from chains.work import Work


def env_var(tool: EnvVar, work: Work, pace: Pace) -> str:
    """The value of a variable, or what the pre-tool names instead."""
    known = work.context.environment.chains.env
    if tool.var_name in known:
        return known[tool.var_name]
    work.log(f'Environment variable "{tool.var_name}" is not available', "warn")
    return work.resolve(tool.default_value or "")
