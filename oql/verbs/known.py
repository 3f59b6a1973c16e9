"""Words of the language for services that no build serves yet.

They are known, so that a program that has another way parses and can go it. Each takes an operand and any modifier.
"""

from oql.values import Value
from oql.verbs.declare import Any, Block, Family

family = Family("known", "Known words", exec_class="Net", options={"effect": "outside", "quick": False})

SERVICES: dict[str, dict[str, str]] = {
    "a push service": {
        "NOTIFY": "Shows a message on a user's devices.",
        "NOTIFY CHECK PUSH STATUS": "Tells whether a user takes messages.",
        "NOTIFY REQUEST PUSH GRANT": "Asks a user to take messages.",
        "PUSH SUBSCRIBE": "Adds a device of a user.",
        "PUSH UNSUBSCRIBE": "Removes the devices of a user.",
    },
    "a domain registry": {
        "DOMAIN LIST": "Lists the domains of this account.",
        "DOMAIN SEARCH": "Finds domains.",
        "DOMAIN ADD": "Adds a domain to this account.",
        "DOMAIN REMOVE": "Removes a domain from this account.",
    },
    "a signalling server": {
        "NEW AUDIO BRIDGE": "Opens a room for a call.",
        "NEW VIDEO BRIDGE": "Opens a room for a video call.",
        "PEERS": "Lists who is in a room.",
        "RTC": "Speaks WebRTC.",
        "RTC CREDENTIALS": "Gives what a WebRTC session needs.",
        "RTC OFFER": "Sends a WebRTC offer to a room.",
        "RTC ANSWER": "Sends a WebRTC answer to a room.",
        "RTC ICE": "Sends an ICE candidate to a room.",
        "RTC JOIN": "Joins a room.",
        "RTC LEAVE": "Leaves a room.",
        "TUNNEL": "Sends data between two machines.",
        "NEW TUNNEL": "Opens a room for data between two machines.",
        "TUNNEL SEND": "Sends a file through a tunnel.",
        "TUNNEL RECEIVE": "Writes what comes through a tunnel to a file.",
        "TUNNEL CLOSE": "Closes a tunnel.",
    },
    "machines that are connected": {
        "DIRECTIVE": "Runs its block on another machine.",
        "DIRECTIVE LIST": "Lists the machines that can be reached.",
        "DIRECTIVE STATUS": "Tells whether a machine can be reached.",
        "SSH": "Runs commands on another machine.",
        "EXEC": "Runs a command of the system.",
    },
    "a runtime in the browser": {"ONBROWSER": "Works on the page in the browser."},
    "a chat server": {"CHAT": "Makes a chat room.", "CHAT ENTRY": "Says something in a chat room."},
    "a document editor": {
        "RICH": "Works on a document.",
        "RICH OPEN": "Opens a document.",
        "RICH NEW": "Makes an empty document.",
        "RICH READ": "Gives the text of a document.",
        "RICH SAVE": "Writes a document to a file.",
        "RICH INSERT": "Puts something into a document.",
        "RICH FORMAT": "Sets how a part of a document looks.",
    },
    "a text recogniser": {"OCR": "Reads the text in an image."},
}
"""What is needed -> the words that need it, and what each is for."""

BLOCKS: dict[str, Block] = {"DIRECTIVE": "steps"}


def _declare(name: str, doc: str, needs: str) -> None:
    def form(
        operand: Any = None,
        *,
        with_: Any = None,
        as_: Any = None,
        into: Any = None,
        from_: Any = None,
        to: Any = None,
        at: Any = None,
        on: Any = None,
        using: Any = None,
        format_: Any = None,
        attach: Any = None,
        for_: Any = None,
        limit: Any = None,
        where: Any = None,
    ) -> Value:
        pass

    form.__doc__ = doc
    family.verb(name, needs=needs, block=BLOCKS.get(name, ""))(form)


for _needs, _words in SERVICES.items():
    for _name, _doc in _words.items():
        _declare(_name, _doc, _needs)
