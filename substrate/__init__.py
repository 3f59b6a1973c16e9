"""Storage: what is kept, and the guarantees under which it is kept."""
