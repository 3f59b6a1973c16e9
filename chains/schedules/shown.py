"""A schedule as it is published."""

from typing import Any

from chains.schedules.record import Schedule
from oql import iso


def shown(schedule: Schedule) -> dict[str, Any]:
    """The record of a schedule; what there is not is left out."""
    last = schedule.last
    record = {
        "id": schedule.id,
        "label": schedule.label or schedule.name,
        "type": schedule.kind,
        "chainName": schedule.name,
        "input": schedule.input,
        "cron": schedule.cron,
        "timezone": schedule.zone,
        "enabled": schedule.enabled,
        "catch_up": schedule.catch_up,
        "createdAt": iso.utc(schedule.created),
        "lastRunAt": iso.utc(last.at) if last else None,
        "lastRunId": last.id if last else None,
        "lastRunStatus": last.outcome if last else None,
        "lastRunError": last.error if last else None,
        "nextRunAt": iso.utc(schedule.due) if schedule.due is not None else None,
    }
    return {name: value for name, value in record.items() if value is not None}
