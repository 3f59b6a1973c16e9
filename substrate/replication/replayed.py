"""The frame in which a follower does again what a leader did."""

from substrate.frame import Frame


class Replayed(Frame):
    """Takes what the leader took, whatever the quota here."""

    def check_quota(self) -> None:
        """Nothing is refused."""
