"""What requests about replication and their answers look like, for the OpenAPI document."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from server.store.envelopes import LogPlace


class LeaseTaken(BaseModel):
    """The lease to write."""

    epoch: int = Field(description="grows whenever the lease changes hands")
    holder: str
    expires_at_secs: int
    etag: str = Field(description="another one after each renewal")


class LeaseHeld(RootModel[LeaseTaken | None]):
    """The lease; null where it is free or has run out."""


class LeaseWanted(BaseModel):
    """Who wants the lease, and for how long."""

    model_config = ConfigDict(extra="allow", strict=True)

    holder: str = Field(min_length=1, max_length=128)
    ttl_secs: int = Field(30, ge=1, le=3_600)
    least_epoch: int = Field(0, ge=0, description="the epoch of the lease is greater than this")


class LeaseReleased(BaseModel):
    """Whether there was a lease."""

    released: bool


class Frames(RootModel[list[str]]):
    """Frames in hexadecimal, oldest first."""


class Ack(BaseModel):
    """A follower has every frame of a tenant before a place, as `X-OC-Next-LSN` told it."""

    model_config = ConfigDict(extra="allow", strict=True)

    follower: str = Field(min_length=1, max_length=128)
    tenant: str
    lsn: LogPlace


class AckTaken(BaseModel):
    """It is noted."""

    ok: Literal[True]


class FollowerAt(BaseModel):
    """How far a follower has come with a tenant."""

    follower: str
    tenant: str
    lsn: LogPlace
    behind_bytes: int
    at_secs: int


class TenantFollowed(BaseModel):
    """Of a follower: how it stands with a tenant."""

    tenant: str
    state: Literal["following", "stopped"]
    reason: str
    behind_bytes: int
    at_secs: int


class ReplicationStatus(BaseModel):
    """What a server is, and how its followers stand."""

    node_id: str | None
    role: Literal["alone", "leader", "follower"]
    epoch: int
    leader: str | None
    tenants: list[dict[str, Any]]
    followers: list[FollowerAt]
    following: list[TenantFollowed] = Field(default_factory=list, description="of a follower")
    carried: list[str] = Field(default_factory=list, description="of a follower: what it takes over")
    not_carried: list[str] = Field(default_factory=list, description="of a follower: what it does not")
