"""The order of pre-tools, their attempts, what failures become, and what is kept."""

import pytest

from chains.pretools import run_all
from oql.errors import OqlError
from tests.chains.desk import Desk, Died
from tests.chains.pretools.conftest import Sit
from tests.outbound.servers import Answer, Asked, Web


def values(desk: Desk) -> dict[str, str]:
    """The values of the pre-tools of a desk's step."""
    return run_all(desk.step, desk)  # type: ignore[arg-type]  # a desk is as much of `Work` as they need


def test_later_ones_read_the_values_of_earlier_ones(sit: Sit, web: Web) -> None:
    desk = sit(
        f"- {{type: http_fetch, inject_as: first, url: '{web.url}/{{word}}'}}\n"
        f"- {{type: http_fetch, inject_as: second, url: '{web.url}{{first}}/again'}}",
        variables={"word": "tea"},
    )
    assert values(desk) == {"first": "/tea", "second": "/tea/again"}
    assert desk.variables == {"word": "tea"}


def failing(web: Web, times: int) -> None:
    """The server fails so often, and then answers."""
    left = [times]

    def answer(asked: Asked) -> Answer:
        left[0] -= 1
        return Answer(503) if left[0] >= 0 else Answer(body=b"at last")

    web.answers["/flaky"] = answer


def test_attempts_beyond_the_first(sit: Sit, web: Web) -> None:
    failing(web, 2)
    desk = sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/flaky', retry: 2}}")
    assert (values(desk), desk.waited) == ({"v": "at last"}, [1.0, 2.0])
    told = f"`{web.at}` answered with status 503"
    assert desk.logged("warn") == [f"Pre-tool http_fetch (v) attempt {number} failed: {told}" for number in (1, 2)]


@pytest.mark.parametrize(
    ("on_error", "value"), [("", "[PRE-TOOL ERROR: {}]"), ("on_error: inject", "[PRE-TOOL ERROR: {}]"),
                            ("on_error: skip", "")],
)  # fmt: skip
def test_what_a_failure_becomes(sit: Sit, web: Web, on_error: str, value: str) -> None:
    failing(web, 9)
    desk = sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/flaky', {on_error}}}")
    told = f"`{web.at}` answered with status 503"
    assert values(desk) == {"v": value.format(told)}
    assert desk.logged("warn") == [f"Pre-tool http_fetch (v) failed: {told}"]


def test_a_failure_that_ends_the_step(sit: Sit, web: Web) -> None:
    failing(web, 1)
    desk = sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/flaky', on_error: fail}}")
    with pytest.raises(OqlError) as caught:
        values(desk)
    told = f"Pre-tool http_fetch (v) failed: `{web.at}` answered with status 503"
    assert (caught.value.message, str(caught.value.code)) == (told, "ChainFailed")
    assert values(sit("- {type: env_var, inject_as: v, var_name: NO}", kept=desk.kept)) == {"v": ""}


def test_what_was_done_is_kept(sit: Sit, web: Web) -> None:
    text = "\n".join(f"- {{type: http_fetch, inject_as: {name}, url: '{web.url}/{name}'}}" for name in "abc")
    first = sit(text, dies_at="pre3")
    with pytest.raises(Died):
        values(first)
    again = sit(text, kept=first.kept)
    assert values(again) == {"a": "/a", "b": "/b", "c": "/c"}
    assert [asked.path for asked in web.asked] == ["/a", "/b", "/c", "/c"]


def test_a_failure_is_kept_as_what_it_became(sit: Sit, web: Web) -> None:
    failing(web, 1)
    text = f"- {{type: http_fetch, inject_as: v, url: '{web.url}/flaky'}}"
    first = sit(text)
    assert values(sit(text, kept=first.kept)) == values(first)
    assert len(web.asked) == 1


def test_a_label_is_told(sit: Sit) -> None:
    desk = sit("- {type: current_datetime, inject_as: v, label: 'Time for {who}'}", variables={"who": "Ada"})
    values(desk)
    assert desk.logged("info") == ["Pre-tool current_datetime (v): Time for Ada"]


def test_a_cancelled_run_ends_here(sit: Sit, web: Web) -> None:
    desk = sit(f"- {{type: http_fetch, inject_as: v, url: '{web.url}/a', retry: 3}}")
    desk.context.cancel.set()
    with pytest.raises(OqlError, match="the run was cancelled"):
        values(desk)
    assert (web.asked, desk.kept) == ([], {})
