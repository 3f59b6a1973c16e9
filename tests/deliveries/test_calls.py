"""Calls that leave the machine are counted over all runs of a job."""

import time
from dataclasses import replace

import pytest

from oql.context import Environment, report_fault
from oql.contexts import Contexts
from oql.jobs import records
from oql.jobs.answering import Answer, give
from oql.jobs.holding import Holding
from oql.jobs.runner import Runner
from oql.limits import DEFAULT
from oql.outbound import Outbound
from substrate.interface import Namespace

CALL = 'WEBHOOK 1 AT "http://127.0.0.1:9/" AFTER'


@pytest.mark.parametrize(("most", "state"), [(5, "complete"), (4, "error")])
def test_a_run_that_goes_on_has_no_more_of_them(
    namespace: Namespace, outbound: Outbound, most: int, state: str
) -> None:
    limits = replace(DEFAULT, outbound_calls=most)
    contexts = Contexts(
        limits, lambda _: namespace, lambda fault, **_: report_fault(fault), None, Environment(outbound)
    )
    source = f'{CALL} {CALL} CONFIRM "Go on?" AFTER {CALL} CONFIRM "Go on?" AFTER {CALL} {CALL} EMIT 1'
    namespace.write(lambda frame: records.create(frame, id="job", source=source, request={}, now=time.time()))
    runner = Runner(Holding(), contexts.make)
    for number in range(3):
        if number:
            yes = Answer(decision={"approved": True})
            namespace.write(lambda frame: give(frame, "job", yes, "somebody", time.time()))  # noqa: B023 - called at once
        job = namespace.write(lambda frame: records.claim_one(frame, "job", runner.holding.holder, time.time()))
        assert job
        runner.run(namespace, job)
    ended = records.find(namespace, "job")
    assert ended
    assert ended.state == state
    assert ended.answer
    assert state == "complete" or ended.answer["error"]["code"] == "LimitExceeded"
