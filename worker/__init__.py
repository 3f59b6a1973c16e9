"""Job workers: how they learn of due work, share it out, and run it."""
