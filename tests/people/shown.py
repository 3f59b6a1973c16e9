"""A form with every kind of field and a question, as runs show them."""

from typing import Any

FORM: dict[str, Any] = {
    "title": "Order a shirt",
    "fields": [
        {"name": "name", "label": "Name", "kind": "text", "required": True},
        {"name": "mail", "label": "Email address", "kind": "email", "required": True},
        {"name": "count", "label": "How many shirts", "kind": "number", "required": True},
        {"name": "day", "label": "Deliver on", "kind": "date", "required": False},
        {"name": "gift", "label": "Is it a gift?", "kind": "boolean", "required": True},
        {"name": "news", "label": "Send news", "kind": "boolean", "required": False},
        {"name": "size", "label": "Size", "kind": "choice", "required": True, "choices": ["S", "M", "L"]},
        {
            "name": "country",
            "label": "Country",
            "kind": "choice",
            "required": False,
            "choices": ["Austria", "Brazil", "Chad", "Denmark", "Egypt", "France", "Ghana", "Haiti"],
        },
    ],
}

QUESTION: dict[str, Any] = {"prompt": "Send the newsletter of November to 12,408 people?\n\nIt cannot be taken back."}

HOSTILE = "<script>alert(1)</script>\"'&</textarea></select></title>{style}"
"""Text that must come out as it is, wherever it is shown."""
