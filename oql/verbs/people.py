"""Verbs that ask a person and wait for the answer; the run may be suspended meanwhile."""

from oql.errors import Code, expected, failed
from oql.people.forms import form_of, question_of
from oql.values import Value
from oql.verbs.declare import Any, Array, Family, Text, describe
from oql.verbs.run import Run
from oql.verbs.time import Duration, checked

family = Family(
    "people",
    "People in the loop",
    failure=Code.TYPE_FAILED,
    exec_class="Wait",
    options={"effect": "wait", "quick": False},
)


@family.verb(
    "GATHER",
    block="fields",
    examples=[
        (
            'GATHER OPEN NEST ?name FORMAT TEXT AS "Name" FORMAT REQUIRED AND ?size FORMAT CHOICE "S" AND "M" AS "Size"'
            ' CLOSE NEST WITH "A shirt" ON "2d" OR RETURN "nobody answered"',
            "nobody answered",
        ),
    ],
)
def gather(run: Run, fields: Array, *, with_: Text | None = None, on: Duration | None = None) -> dict[str, Value]:
    """Shows a form WITH a title and waits, ON so many seconds at most, until its fields are filled in.

    Each answer is bound to the variable of its field; the value is an object of all of them. A field without
    FORMAT REQUIRED may be left empty and is null then. When ON has passed it fails with Timeout.
    """
    answers: dict[str, Value] = run.suspend("gather", form_of(with_, fields), _deadline(on))
    names = [field["name"] for field in fields]
    run.variables.update({name: answers.get(name) for name in names})
    return answers


@family.verb(
    "CONFIRM",
    examples=[
        ('CONFIRM "Send the mail?" ON "1h" OR RETURN "not sent"', "not sent"),
        (
            'REGISTER "ada" WITH "correct horse"\nLOGIN "ada" WITH "correct horse" SET ?token\n'
            "SESSION ?token SET ?user\nCONFIRM ?user SET ?done\nEMIT ?done",
            True,
        ),
    ],
)
def confirm(run: Run, question: Any, *, on: Duration | None = None) -> bool:
    """Asks for approval and waits, ON so many seconds at most; a rejection is ConfirmRejected.

    When ON has passed it fails with Timeout. Of a user, as SESSION gives one, it asks nobody: it notes that the user is
    confirmed, which SESSION shows from then on, and gives whether there is such a user.
    """
    user = _user_in(question)
    if user is not None:
        if on is not None:
            raise failed(Code.TYPE_FAILED, "`CONFIRM` of a user takes no ON", "it waits for nobody")
        from oql.users import records

        return bool(run.commit(lambda frame: records.confirm(frame, user, run.clock())))
    decision = run.suspend("confirm", question_of(question), _deadline(on))
    if not decision["approved"]:
        reason = decision.get("reason")
        raise failed(Code.CONFIRM_REJECTED, f"rejected: {reason}" if reason else "rejected")
    return True


def _user_in(question: Value) -> str | None:
    """The id of the user that SESSION gave; None for a question."""
    if not isinstance(question, dict) or not isinstance(question.get("username"), str):
        return None
    return question["id"] if isinstance(question.get("id"), str) else None


def _deadline(on: float | None) -> float | None:
    if on is None or on > 0:
        return None if on is None else checked(on, Code.TYPE_FAILED)
    raise expected(Code.TYPE_FAILED, "more than 0 seconds behind ON", describe(on))
