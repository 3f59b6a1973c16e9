"""Properties of verbs are checked without a clock: the first example of a kind also loads its library."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
