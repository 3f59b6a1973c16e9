"""What clients say of a schedule, checked: new ones, changes, and being switched on and off."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chains import library
from chains.schedules import crons
from chains.schedules.record import Schedule
from oql.errors import nearest

MOST_SCHEDULES = 1_000
"""Schedules that one namespace may have."""
REQUIRED = "chainName and cron are required"
_LONGEST_LABEL = 200


class ScheduleRefused(ValueError):
    """What was said does not fit: the message, as it is published, and a hint for whoever said it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def new(id: str, given: Mapping[str, Any], now: float) -> Schedule:  # noqa: A002 - what it is called everywhere
    """The schedule that a client describes; a field that is null is as good as absent. Raises ScheduleRefused."""
    if not (given.get("chainName") and given.get("cron")):
        raise ScheduleRefused(REQUIRED, _missing(given))
    return _changed(Schedule(id=id, created=now, name="", cron=""), given, now)


def _missing(given: Mapping[str, Any]) -> str:
    """Which of the two is missing, and the field that may be meant for it."""
    missing = next(name for name in _REQUIRED if not given.get(name))
    meant = next((name for name in given if name not in _FIELDS and nearest(missing, [name])), None)
    meant = meant or ("chain" if missing == "chainName" and "chain" in given else None)
    return f"`{missing}` is missing" + (f": is it what you call `{meant}`?" if meant else "")


def changed(schedule: Schedule, given: Mapping[str, Any], now: float) -> Schedule:
    """A schedule with what a client changes: a field that is null stays as it is, but for the required ones.

    The slot that is due stays where its times do. Raises ScheduleRefused.
    """
    return _changed(schedule, given, now)


def toggled(schedule: Schedule, now: float) -> Schedule:
    """A schedule switched on or off."""
    return _timed(schedule, replace(schedule, enabled=not schedule.enabled), now)


def _changed(schedule: Schedule, given: Mapping[str, Any], now: float) -> Schedule:
    changes: dict[str, Any] = {}
    for key, (name, fits, otherwise) in _FIELDS.items():
        if key not in given or (given[key] is None and key not in _REQUIRED):
            continue
        if not fits(given[key]):
            raise ScheduleRefused(otherwise)
        changes[name] = given[key]
    if "name" in changes and not library.is_name(changes["name"]):
        raise ScheduleRefused(f'Invalid name: "{changes["name"]}"')
    after = replace(schedule, **changes)
    if why := crons.wrong(after.cron, after.zone, now):
        raise ScheduleRefused(*why)
    return _timed(schedule, after, now)


def _timed(before: Schedule, after: Schedule, now: float) -> Schedule:
    """`after` with its next slot; that of `before` where nothing about its times has changed."""
    if not after.enabled:
        return replace(after, due=None)
    if before.due is not None and (before.cron, before.zone) == (after.cron, after.zone):
        return after
    return replace(after, due=crons.next_after(after.cron, after.zone, now))


_REQUIRED = ("chainName", "cron")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _whole_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: value in choices


_FIELDS: dict[str, tuple[str, Callable[[Any], bool], str]] = {
    "chainName": ("name", _whole_text, REQUIRED),
    "cron": ("cron", _text, crons.INVALID),
    "label": ("label", lambda value: _text(value) and len(value) <= _LONGEST_LABEL,
              f"label must be text of at most {_LONGEST_LABEL} characters"),
    "type": ("kind", _one_of("chain", "pipeline"), "type must be chain or pipeline"),
    "input": ("input", lambda value: isinstance(value, dict), "input must be an object"),
    "timezone": ("zone", _text, crons.INVALID_ZONE),
    "enabled": ("enabled", lambda value: isinstance(value, bool), "enabled must be true or false"),
    "catch_up": ("catch_up", _one_of("once", "none"), "catch_up must be once or none"),
}  # fmt: skip
"""Each field as it is published: its name here, whether a value fits, and what is said where it does not."""
