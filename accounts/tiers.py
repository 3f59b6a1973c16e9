"""The tiers: what each allows. The one table of them."""

from dataclasses import dataclass

from accounts.errors import InvalidAccount

GB = 2**30


@dataclass(frozen=True, slots=True)
class Tier:
    """What an account may use: queries a day (UTC) and at once, bytes stored."""

    name: str
    queries_per_day: int
    queries_at_once: int
    storage_bytes: int


FREE = Tier("free", 100, 1, 4 * GB)
TIERS = {
    tier.name: tier
    for tier in (
        FREE,
        Tier("starter", 10_000, 4, 8 * GB),
        Tier("pro", 100_000, 16, 64 * GB),
        Tier("enterprise", 1_000_000, 64, 256 * GB),
    )
}


def tier_named(name: str) -> Tier:
    """The tier of a name, in any case. Raises InvalidAccount."""
    try:
        return TIERS[name.lower()]
    except KeyError:
        raise InvalidAccount("tier", f"expected a tier ({', '.join(TIERS)}), found `{name}`") from None
