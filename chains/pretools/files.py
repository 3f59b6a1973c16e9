"""Files of the namespace, read and written."""

from chains.pre_tool_spec import ReadFile, WriteFile
from chains.tools.files import text_of_file
from chains.tools.pace import Pace
from chains.work import Work

_WRITE = "WRITE ?content INTO ?path"
_APPEND = 'WRITE ?content INTO ?path AS "append"'


def read_file(tool: ReadFile, work: Work, pace: Pace) -> str:
    """The text of a file."""
    path, encoding = work.path(work.resolve(tool.path)), work.resolve(tool.encoding)
    return text_of_file(work, pace, path, encoding.strip() or "utf-8")


def write_file(tool: WriteFile, work: Work, pace: Pace) -> str:
    """Writes a text to a file, as the verb WRITE does: a continued run appends it once, and watches are told."""
    pace.look()
    path, content = work.path(work.resolve(tool.path)), work.resolve(tool.content)
    work.run_program(_APPEND if tool.append else _WRITE, {"path": path, "content": content}, may_suspend=False)
    return "OK"
