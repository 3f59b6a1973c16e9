"""Locks on files, between processes: the kernel lets go of one when the last handle of the file is closed."""

import fcntl


def locked(file: int) -> bool:
    """Locks an open file for the caller alone; False where somebody else has it locked. Raises OSError."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
