"""Every failure a program can meet: one class, one list of codes, and the few builders that word the messages."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oql.source import Source


class Code(StrEnum):
    """The published error codes, then the project's own."""

    PARSE_ERROR = "ParseError"
    QUOTA_EXCEEDED = "QuotaExceeded"
    INSTANCE_LIMIT_EXCEEDED = "InstanceLimitExceeded"
    AUTH_FAILED = "AuthFailed"
    FS_READ_ERROR = "FsReadError"
    FS_WRITE_ERROR = "FsWriteError"
    NET_UNREACHABLE = "NetUnreachable"
    NET_TIMEOUT = "NetTimeout"
    STRING_FAILED = "StringFailed"
    STRING_NO_MATCH = "StringNoMatch"
    CAST_FAILED = "CastFailed"
    CAST_INCOMPATIBLE = "CastIncompatible"
    DATABASE_ERROR = "DatabaseError"
    EXTRACT_NO_MATCH = "ExtractNoMatch"
    EXTRACT_INVALID_SELECTOR = "ExtractInvalidSelector"
    EMAIL_FAILED = "EmailFailed"
    MAP_GEOCODE_ERROR = "MapGeocodeError"
    MAP_NOT_CONNECTED = "MapNotConnected"
    ENCODE_FAILED = "EncodeFailed"
    DECODE_FAILED = "DecodeFailed"
    COMPRESS_FAILED = "CompressFailed"
    CONVERT_FAILED = "ConvertFailed"

    CALCULATE_FAILED = "CalculateFailed"
    CRYPTO_FAILED = "CryptoFailed"
    JSON_FAILED = "JsonFailed"
    TYPE_FAILED = "TypeFailed"
    UNKNOWN_OPERATION = "UnknownOperation"
    CONFIRM_REJECTED = "ConfirmRejected"
    TIMEOUT = "Timeout"
    LIMIT_EXCEEDED = "LimitExceeded"
    IMAGE_FAILED = "ImageFailed"
    SANDBOX_FAILED = "SandboxFailed"
    CHAIN_FAILED = "ChainFailed"
    FORBIDDEN = "Forbidden"
    UNSUPPORTED = "Unsupported"
    INTERNAL = "Internal"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of program text: code point offsets, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of a program that takes an error away: `text` in the place of `span`. `hint` says it in words."""

    span: Span
    text: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """The place of an error in a program that a step has run; `errors`: all static ones, where it is no program."""

    name: str
    source: "Source"
    span: Span
    errors: "tuple[OqlError, ...]" = ()


_LONGEST_MESSAGE = 1_000
_LONGEST_NAME = 60


class OqlError(Exception):
    """A failure with its code, message, and where known its place and a hint.

    `final` errors (limits, cancellation) end the program: no OR catches them. `within`: where the error stands in
    programs that steps have run, the outer ones first; `span` is then that of the step in the outermost program.
    `ideas`: changes that may help a static error, the likeliest first; `fix`: the one that was tried and does.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        span: Span | None = None,
        hint: str | None = None,
        *,
        final: bool = False,
        ideas: "tuple[Fix, ...]" = (),
    ) -> None:
        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[:_LONGEST_MESSAGE]}..."
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint
        self.final = final
        self.within: tuple[Within, ...] = ()
        self.ideas = ideas
        self.fix: Fix | None = None


class ProgramError(OqlError):
    """All static errors of one program, in the order of their places; it reads as the first of them."""

    def __init__(self, errors: Iterable[OqlError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(first.code, first.message, first.span, first.hint, final=True)
        self.fix = first.fix


def failed(code: Code, message: str, hint: str | None = None) -> OqlError:
    """A step that could not do its work; the engine adds the place."""
    return OqlError(code, message, hint=hint)


def expected(
    code: Code,
    what: str,
    found: str,
    span: Span | None = None,
    hint: str | None = None,
    ideas: tuple[Fix, ...] = (),
) -> OqlError:
    """A value, kind or word other than the one that fits: `expected X, found Y`."""
    return OqlError(code, f"expected {what}, found {found}", span, hint, ideas=ideas)


def unknown(
    code: Code, kind: str, name: str, known: Iterable[str], span: Span | None = None, hint: str | None = None
) -> OqlError:
    """A name that is not declared, with the nearest declared one as the hint."""
    guess = nearest(name, known)
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return OqlError(code, f"`{shown}` is not {kind}", span, f"did you mean `{guess}`?" if guess else hint)


def visible(text: str) -> str:
    """A text for a message: characters that nobody would see are escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def not_allowed(
    code: Code,
    what: str,
    where: str,
    span: Span | None = None,
    hint: str | None = None,
    ideas: tuple[Fix, ...] = (),
) -> OqlError:
    """Something well-formed that has no meaning in this place."""
    return OqlError(code, f"{what} is not allowed {where}", span, hint, ideas=ideas)


def limit_reached(limit: str, allowed: str, hint: str | None = None) -> OqlError:
    """A limit of the run was reached; no OR catches it. `allowed` says how much there was, with its unit."""
    return OqlError(Code.LIMIT_EXCEEDED, f"the limit of {allowed} {limit} is reached", hint=hint, final=True)


def timed_out(what: str, seconds: float) -> OqlError:
    """The time a run may take is used up; no OR catches it."""
    return OqlError(Code.TIMEOUT, f"the program used up its {seconds:g} s of {what}", final=True)


def bug(fault_id: str) -> OqlError:
    """A fault of ours: its id leads to the log line, nothing else is shown."""
    return OqlError(Code.INTERNAL, f"internal fault {fault_id}", final=True)


def as_error(raised: Exception, report: Callable[[BaseException], str]) -> OqlError:
    """What a step has raised, as an error of the program; `report` takes a fault of ours and gives its id."""
    if isinstance(raised, OqlError):
        return raised
    if isinstance(raised, MemoryError):
        return limit_reached("memory", "the")
    if isinstance(raised, RecursionError):
        return limit_reached("levels", "the", "the value is nested too deeply")
    return bug(report(raised))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The declared name that `name` was probably meant to be, or None when none is near."""
    if len(name) > _LONGEST_NAME:
        return None
    candidates = list(known)
    by_fold = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    if name.casefold() in by_fold:
        return by_fold[name.casefold()]
    match = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.75)
    return by_fold[match[0]] if match else None
