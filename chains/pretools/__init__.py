"""What is done before a step: each pre-tool's value gets a name, which the step and later pre-tools can read.

flow.py      their order, attempts, time, and what becomes of failures
kinds.py     which function does which
moments.py   current_datetime                  remote.py       http_fetch, web_search
files.py     read_file, write_file             commands.py     bash
servers.py   mcp_call                          environment.py  env_var
"""

from chains.pretools.flow import run_all

__all__ = ["run_all"]
