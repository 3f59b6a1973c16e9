"""What the guard answers instead of a response. No message names an address that a name led to."""


class OutboundError(Exception):
    """A call that gave no response; its text is for people, and safe to show to whoever asked for the call.

    status: what the response began with, where it is the body that was not read.
    """

    status: int | None = None

    @property
    def message(self) -> str:
        """The text."""
        return str(self)


class Forbidden(OutboundError):
    """The place or the request is one that nobody may ask for; the same call will fail again."""


class Unreachable(OutboundError):
    """Nothing, or nothing that can be understood, came back."""


class TimedOut(OutboundError):
    """The seconds of the call were used up."""


class Stopped(OutboundError):
    """Whoever wanted the call wants it no longer."""


class TooLarge(OutboundError):
    """The response is larger than the call takes."""
