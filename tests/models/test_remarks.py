"""What ASK remarks in the trace, and what a repetition of the step has of it."""

import pytest

from oql.jobs.records import JobKeeper
from oql.journal import Journal
from tests.models.conftest import Ask
from tests.models.services import Service, openai, refusal


def test_without_room_in_the_trace_nothing_is_remarked(ask: Ask, service: Service) -> None:
    service.says = [openai("x")]
    entries = ask('ASK "a" SET ?a AFTER EMIT ?a', limits={"trace_entries": 0}).trace_json()
    assert [(entry["step"], entry["count"], "tokens_in" in entry) for entry in entries] == [
        ("ASK", 1, False),
        ("EMIT", 1, False),
    ]


def test_a_fan_out_is_summed(ask: Ask, service: Service) -> None:
    service.says = [openai("x")]
    outcome = ask('STRING "a" SET ?m AND STRING "b" SET ?m AFTER ASK ?m SET ?a AFTER COLLAPSE ?a SET ?l AFTER EMIT ?l')
    assert outcome.result == ["x", "x"]
    assert outcome.trace_json()[2]["tokens_in"] == 22


def test_a_repetition_has_the_answer_and_the_remarks(ask: Ask, service: Service) -> None:
    service.says = [openai("x")]
    text = 'ASK "a" SET ?a AFTER EMIT ?a'
    first = Journal("job")
    ask(text, context={"journal": first})
    again = ask(text, context={"journal": Journal("job", recorded=first.remembered())})
    assert (again.result, len(service.asked)) == ("x", 1)
    assert again.trace_json()[0]["tokens_out"] == 7
    assert service.asked[0].headers["idempotency-key"] == "job:1"


class Kept(JobKeeper):
    """Takes the journal of a job, and keeps nothing."""

    def append(self, frame: object, entries: object, told: object, *, last: bool = False) -> None:
        """See `oql.journal.Keeper`."""


@pytest.mark.slow
def test_a_job_waits_for_a_busy_service_without_being_suspended(ask: Ask, service: Service) -> None:
    service.says = [refusal(429, {}, Retry_After="1.05"), openai("at last")]
    outcome = ask('ASK "a" SET ?a AFTER EMIT ?a', context={"journal": Journal("job", keeper=Kept("job", 1))})
    assert (outcome.result, outcome.trace_json()[0]["tries"]) == ("at last", 2)


def test_a_repeated_failure_has_its_remarks(ask: Ask, service: Service) -> None:
    service.says = [refusal(404, {"error": {"message": "no such model"}})]
    text = 'ASK "a" OR EMIT !ERROR(message)'
    first = Journal("job")
    told = ask(text, context={"journal": first})
    again = ask(text, context={"journal": Journal("job", recorded=first.remembered())})
    assert again.result == told.result == "the model service answered with status 404: no such model"
    assert (again.trace_json()[0]["tries"], len(service.asked)) == (1, 1)
