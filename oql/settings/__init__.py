"""Every setting, declared once: name, type, default, one line of help.

A value comes from the first of these that has one: a flag, the environment (`OQL_` and the name in capitals,
or a published name without the prefix), `oql.toml` in the data folder, the default.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_type_hints

import platformdirs
from pydantic import AfterValidator, Field, PrivateAttr, ValidationError, create_model, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict

from oql.chain_options import servers_in, variables_in
from oql.limits import Limits
from oql.mail import MailServer, sender_of
from oql.models.endpoint import names_in
from oql.models.prices import prices_in
from oql.outbound.rules import hosts_in
from oql.settings.addresses import address, domain, is_loopback, node, nodes, proxies, redis, store_url
from oql.settings.sources import (
    Given,
    Published,
    Secret,
    SettingsError,
    explained,
    from_environment,
    from_file,
    from_flags,
    is_secret,
)

__all__ = ["Published", "Secret", "SettingRow", "Settings", "SettingsError"]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of `oql settings`; `origin` as `Settings.origin` gives it."""

    name: str
    value: str
    origin: str
    help: str


def _least(kind: type) -> dict[str, Any]:
    """Of nothing there may be none; no time is enough for nothing."""
    return {"gt": 0} if kind is float else {"ge": 0}


def _limit_fields() -> dict[str, Any]:
    """One field for each limit of a run: `limit_` and its name."""
    kinds = get_type_hints(Limits)
    return {
        f"limit_{limit.name}": (
            kinds[limit.name],
            Field(limit.default, description=f"limit of a run: {limit.metadata['doc']}", **_least(kinds[limit.name])),
        )
        for limit in fields(Limits)
    }


if TYPE_CHECKING:
    # A type checker cannot follow fields that are made; `Settings.limits` gives them with their types.
    class _LimitSettings(BaseSettings): ...

else:
    _LimitSettings = create_model("_LimitSettings", __base__=BaseSettings, **_limit_fields())


def _folder(path: Path) -> Path:
    path = path.expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError("a folder")
    return path


def _hosts(text: str | None) -> str | None:
    if text:
        hosts_in(text)
    return text or None


def _mail_server(url: str | None) -> str | None:
    if url:
        MailServer.of(url)
    return url or None


def _sender(text: str | None) -> str | None:
    if text:
        sender_of(text)
    return text or None


def _model_names(text: str | None) -> str | None:
    if text:
        names_in(text)
    return text or None


def _model_prices(text: str | None) -> str | None:
    if text:
        prices_in(text)
    return text or None


def _searched(url: str | None) -> str | None:
    """An address that may have parameters."""
    before, _, parameters = (url or "").partition("?")
    if url and (not address(before) or re.search(r"[\s#]", parameters)):
        raise ValueError("an address such as `https://search.example.com/search?format=json`")
    return url or None


def _variables(text: str | None) -> str | None:
    if text:
        variables_in(text)
    return text or None


def _mcp_servers(text: str | None) -> str | None:
    if text:
        servers_in(text)
    return text or None


def _below_root(path: str) -> str:
    """A folder of a namespace; a published variable may name one that stands elsewhere."""
    if not re.fullmatch(r"(/[^/\0]+)+/?", path) or ".." in path.split("/"):
        raise ValueError("a folder such as `/root/work`")
    folder = path.rstrip("/")
    return folder if folder == "/root" or folder.startswith("/root/") else f"/root{folder}"


class Settings(_LimitSettings):
    """The settings in force. Made by `load` only."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    data: Annotated[Path, AfterValidator(_folder)] = Field(
        default_factory=lambda: platformdirs.user_data_path("oql"), description="folder that keeps everything"
    )
    store: Annotated[str | None, Secret(), AfterValidator(store_url)] = Field(
        None,
        description="PostgreSQL database that keeps the rows, as a URL; without it SQLite files in the data folder",
    )
    host: Annotated[str, Published("REST_HOST")] = Field(
        "127.0.0.1", min_length=1, description="address that the server listens on"
    )
    port: Annotated[int, Published("REST_PORT")] = Field(
        4242, ge=0, le=65_535, description="port that the server listens on; 0 takes a free one"
    )
    rest_host: Annotated[str, Published("REST_HOST")] = Field(
        "127.0.0.1", min_length=1, description="address that goes with `rest_port`"
    )
    rest_port: Annotated[int, Published("REST_PORT")] = Field(
        4242, ge=0, le=65_535, description="port that a development server listens on too, if this is set; 0: none"
    )
    cors_origin: Annotated[str, Published("CORS_ORIGIN")] = Field(
        "*", description="origins whose pages may use the API of chains of a development server, with commas; `*`: all"
    )
    workers: int = Field(
        default_factory=lambda: max(2, os.cpu_count() or 1),
        ge=1,
        le=1_024,
        description="web worker processes",
    )
    job_workers: int = Field(
        default_factory=lambda: min(4, os.cpu_count() or 1),
        ge=0,
        le=1_024,
        description="job worker processes; 0: none here, see `oql worker`",
    )
    redis_url: Annotated[str | None, Secret(), AfterValidator(redis)] = Field(
        None, description="Redis that carries hints of due work, as a URL; without it a private one on this machine"
    )
    outbound_allow: Annotated[str | None, AfterValidator(_hosts)] = Field(
        None,
        description="hosts or host:port that programs may reach although they are private, with commas between them",
    )
    weather_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="service that WEATHER asks, one that speaks as Open-Meteo; without it there is none"
    )
    currency_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="service that CURRENCY asks, one that speaks as Frankfurter; without it there is none"
    )
    geocoder_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="service that finds addresses for MAP and WEATHER, one that speaks as Nominatim"
    )
    router_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="service that MAP ROUTE asks, one that speaks as OSRM; without it there is none"
    )
    map_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="page that MAP RENDER links to, one that takes links as openstreetmap.org"
    )
    smtp_url: Annotated[str | None, Secret(), AfterValidator(_mail_server)] = Field(
        None, description="mail server that takes mails, as a URL; without it none are sent"
    )
    mail_from: Annotated[str | None, AfterValidator(_sender)] = Field(
        None, description="sender of mails: an address, or `Name <address>`"
    )
    model_base_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="how the addresses of the service of language models begin; without it there are none"
    )
    model_protocol: Literal["openai", "anthropic"] = Field("openai", description="protocol that this service speaks")
    model_api_key: Annotated[str | None, Secret()] = Field(None, description="key for this service")
    model_default: str | None = Field(None, description="model that is asked where a program names none")
    model_map: Annotated[str | None, AfterValidator(_model_names)] = Field(
        None, description="other names of models: `name=model` or `prefix*=model`, with commas between them"
    )
    model_prices: Annotated[str | None, AfterValidator(_model_prices)] = Field(
        None, description="what models cost for a million tokens in and out: `name=1/5` or `prefix*=1/5`, with commas"
    )
    max_concurrent_executions: Annotated[int, Published("MAX_CONCURRENT_EXECUTIONS")] = Field(
        5, ge=1, description="executions of chains that an account may have at once"
    )
    execution_max_age_days: Annotated[float, Published("EXECUTION_MAX_AGE_DAYS")] = Field(
        7.0, ge=0, description="days that executions of chains are kept after their end; 0: for ever"
    )
    on_restart: Literal["resume", "error"] = Field(
        "resume", description="what becomes of executions of chains that were cut off: they go on, or end in error"
    )
    model_max_tokens: int = Field(8_192, ge=1, description="tokens that the answer of a model may have")
    model_timeout_s: float = Field(120.0, gt=0, description="seconds that a model may take to answer")
    tool_rounds: int = Field(20, ge=0, description="times that a model may call tools for one answer in a chain")
    search_url: Annotated[str | None, AfterValidator(_searched)] = Field(
        None, description="service that searches of chains ask, by GET with `q`; without it there is none"
    )
    step_timeout_ms: int = Field(300_000, ge=1, description="milliseconds for an attempt of a step that names none")
    workspace_dir: Annotated[str, Published("WORKSPACE_DIR"), AfterValidator(_below_root)] = Field(
        "/root", description="folder of a namespace that relative paths of chains begin at"
    )
    chain_bash: bool = Field(
        False, description="lets chains run commands on this machine, with all that this process may do"
    )
    chain_env: Annotated[str | None, AfterValidator(_variables)] = Field(
        None, description="variables of the environment that chains may read, with commas between them"
    )
    mcp_servers: Annotated[str | None, Secret(), AfterValidator(_mcp_servers)] = Field(
        None, description="MCP servers whose tools chains may call, as a JSON object by their names"
    )
    browser_path: Annotated[str | None, Published("BROWSER_PATH")] = Field(
        None, description="Chromium on this machine that steps of chains show pages with; without it there is none"
    )
    base_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="how links to this server begin; without it, with its host and port"
    )
    site_domain: Annotated[str | None, AfterValidator(domain)] = Field(
        None, description="domain below which sites are served, each as `NAME.DOMAIN`; in development mode `localhost`"
    )
    site_paths: bool = Field(
        False, description="serves sites below `/s/NAME/` too, on this server's own origin; always in development mode"
    )
    site_body_bytes: int = Field(8 * 2**20, ge=1, description="bytes that a form with its files may have")
    dev: bool = Field(False, description="development mode: adds the account test/test")
    allow_public_dev: bool = Field(
        False, description="lets development mode listen beyond this machine: anybody may then use test/test"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level to log")
    log_format: Literal["json", "text"] = Field("json", description="form of log lines")
    grace_s: float = Field(30.0, ge=0, description="seconds that running queries have to finish after SIGTERM")
    body_bytes: int = Field(2**20, ge=1, description="bytes that a request body may have")
    store_body_bytes: int = Field(8 * 2**20, ge=1, description="bytes that a body for the store may have")
    store_line_bytes: int = Field(2**20, ge=1, description="bytes that one row of a stream may have")
    store_query_s: float = Field(30.0, gt=0, description="seconds that a plan or SELECT may take")
    store_answer_bytes: int = Field(
        256 * 2**20,
        ge=1,
        description="bytes of rows that a plan or SELECT may give, and all large answers to one tenant on their way",
    )
    store_graph_nodes: int = Field(100_000, ge=1, description="nodes that a walk along relations may come to")
    store_search_bytes: int = Field(
        64 * 2**20, ge=0, description="bytes of memory in which a process keeps what it has read of indexes of words"
    )
    store_rate_per_minute: int = Field(
        1_000, ge=1, description="requests to the store that a token may make in a minute, in the long run"
    )
    store_burst: int = Field(100, ge=1, description="requests to the store that a token may make in a row")
    store_at_once: int = Field(25, ge=1, le=1_024, description="requests to the store of a token at once")
    store_watchers: int = Field(100, ge=1, le=1_024, description="watchers of a tenant at once")
    node_id: Annotated[str | None, AfterValidator(node)] = Field(
        None, description="name of this server among those that replicate; it then writes only with the lease"
    )
    followers: Annotated[str | None, AfterValidator(nodes)] = Field(
        None, description="followers that have to acknowledge writes, by their node_id, with commas between them"
    )
    sync_timeout_ms: int = Field(250, ge=1, le=60_000, description="milliseconds that a write waits for followers")
    lease_ttl_s: int = Field(10, ge=1, le=3_600, description="seconds for which a server with a node_id has the lease")
    lease_url: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="server that keeps the lease; without it the store of this one does"
    )
    lease_token: Annotated[str | None, Secret()] = Field(None, description="operator's token for that server")
    replicate_from: Annotated[str | None, AfterValidator(address)] = Field(
        None, description="server that this one follows; see `oql replicate`"
    )
    replicate_token: Annotated[str | None, Secret()] = Field(None, description="operator's token for that server")
    store_watch_rows: int = Field(100_000, ge=1, description="rows of a table that is watched as a whole")
    password_memory_kib: int = Field(
        19 * 1_024,
        ge=8,
        le=4 * 2**20,
        description="KiB of memory for one password hash; OWASP: 19456 at least",
    )
    password_passes: int = Field(
        2, ge=1, le=100, description="passes of one password hash over its memory; OWASP: 2 at least"
    )
    password_threads: int = Field(2, ge=1, le=64, description="password hashes at once in each web worker")
    trusted_proxies: Annotated[str | None, AfterValidator(proxies)] = Field(
        None, description="proxies whose X-Forwarded-For is believed: addresses and networks, with commas between them"
    )
    token_max_age_s: float = Field(90 * 86_400.0, gt=0, description="seconds that a bearer token may live at most")

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _refuse_public_development(self) -> Self:
        for host in (self.host, self.rest_host):
            if self.dev and not self.allow_public_dev and not is_loopback(host):
                raise ValueError(
                    f"development mode lets anybody in as test/test, and `{host}` is not a loopback "
                    "address; set `allow_public_dev` too if that is meant"
                )
        return self

    @model_validator(mode="after")
    def _refuse_mails_of_nobody(self) -> Self:
        if self.smtp_url and not self.mail_from:
            raise ValueError("`smtp_url` needs a sender for its mails; set `mail_from` too")
        return self

    @classmethod
    def load(cls, data: Path | str | None = None, *, environ: Mapping[str, str] = os.environ, **flags: object) -> Self:
        """The settings in force. A flag that is None was not given. Raises SettingsError."""
        declared = cls.model_fields
        given = from_environment(declared, environ) | from_flags(declared, {"data": data, **flags})
        folder = Path(str(given["data"].value)) if "data" in given else platformdirs.user_data_path("oql")
        given = from_file(declared, folder.expanduser()) | given
        return cls._validated(given)

    @classmethod
    def _validated(cls, given: Mapping[str, Given]) -> Self:
        values = InitSettingsSource(cls, {name: one.value for name, one in given.items()})
        try:
            settings = cls(_build_sources=((values,), {}))
        except ValidationError as error:
            raise explained(error, cls.model_fields, given) from None
        settings._origins.update({name: one.origin for name, one in given.items()})
        return settings

    @property
    def rest_address(self) -> tuple[str, int] | None:
        """Where a development server listens too; None where it does there anyway, or only another port was chosen."""
        second = self.rest_host, self.rest_port
        chosen = self.origin("rest_port") != "default" or self.port == self.rest_port
        meant = self.dev and chosen and self.rest_port != 0
        return second if meant and second != (self.host, self.port) else None

    @property
    def on_loopback(self) -> bool:
        """Whether a development server can be reached from this machine alone."""
        return self.dev and is_loopback(self.host) and is_loopback(self.rest_host)

    def limits(self) -> Limits:
        """The limits of a run."""
        return Limits(**{limit.name: getattr(self, f"limit_{limit.name}") for limit in fields(Limits)})

    def origin(self, name: str) -> str:
        """Where the value of a setting came from: "flag", "environment NAME", "oql.toml" or "default"."""
        return self._origins.get(name, "default")

    def table(self) -> list[SettingRow]:
        """All settings by name, as anybody may see them."""
        return [
            SettingRow(name, self._shown(name), self.origin(name), field.description or "")
            for name, field in sorted(type(self).model_fields.items())
        ]

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """What repr and str show: as in the table, so that no secret gets into a log."""
        return [(row.name, row.value) for row in self.table()]

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        if value is None:
            return ""
        if is_secret(type(self).model_fields[name]):
            return "(hidden)"
        return (
            str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
        )
