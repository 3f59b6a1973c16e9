"""Language models behind an endpoint that the operator names, which speaks one of two protocols.

question.py    what is asked and answered, whatever the protocol      events.py   server-sent events, as they come in
openai.py      POST {base}/chat/completions                           anthropic.py   POST {base}/v1/messages
client.py      asks: the way out, tries again, time and size      asking.py   what ASK does
opening.py     as the settings have it
"""

from oql.models.client import Models
from oql.models.endpoint import Endpoint
from oql.models.question import Answer, Message, ModelError, Picture, Question, Tool, ToolCall, ToolResult

__all__ = [
    "Answer",
    "Endpoint",
    "Message",
    "ModelError",
    "Models",
    "Picture",
    "Question",
    "Tool",
    "ToolCall",
    "ToolResult",
]
