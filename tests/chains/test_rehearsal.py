"""A chain as it would run: waves, prompts, tokens and costs, worked out by hand."""

import pytest

from chains.document import read
from chains.rehearsal import Ahead, rehearse, taken, total
from oql.models.prices import Price, price_of, prices_in

TEXT = """\
name: x
output: end
inputs:
  - name: topic
  - {name: tone, optional: true}
steps:
  - id: a
    prompt: "{topic}: {tone}{now}"
    system: abcd
    output_var: notes
    pre_tools: [{type: current_datetime, inject_as: now}]
  - {id: b, type: evaluator, input_var: notes, criteria: "12345678", depends_on: [a], output_var: v}
  - {id: l, type: loop, items_var: topic, prompt: "12345678", output_var: items}
  - {id: m, type: loop, items_var: notes, prompt: "1234", depends_on: [a], output_var: more}
  - {id: d, type: debate, debate_agents: [{prompt: "1234"}, {prompt: "12345678"}], debate_rounds: 2, output_var: talk}
  - {id: end, prompt: "{notes}!", depends_on: [a, b, l, m, d], output_var: end}
"""
PRICES = {"small": Price(1, 10), "claude-*": Price(2, 20)}


def test_waves_prompts_and_sums() -> None:
    chain = read(TEXT).chain
    assert chain
    ahead = Ahead(taken(chain, {"topic": "ab,c"}), "small", PRICES, answer_tokens=100)
    waves = rehearse(chain, ahead)
    assert [[step.step.id for step in wave] for wave in waves] == [["a", "l", "d"], ["b", "m"], ["end"]]
    steps = {step.step.id: step for wave in waves for step in wave}
    assert steps["a"].prompts == (("system", "abcd"), ("prompt", "ab,c: {now}"))
    assert steps["end"].prompts == (("prompt", "{notes}!"),)
    figures = {name: (step.model, step.calls, step.tokens_in, step.tokens_out) for name, step in steps.items()}
    assert figures == {
        "a": ("small", 1, 4, 100),  # 4 + 11 characters
        "l": ("small", 2, 4, 200),  # two items, split at the comma
        "d": ("claude-sonnet-4-6", 5, 6, 500),  # 2 rounds of 12 characters, 2 agents, and one call that weighs
        "b": ("claude-haiku-4-5", 1, 2, 100),
        "m": ("small", None, 1, 100),  # counted once
        "end": ("small", 1, 101, 100),  # an answer of 100 tokens, and one character
    }
    assert steps["d"].cost == pytest.approx((6 * 2 + 500 * 20) / 1e6)
    sums = total(waves)
    assert (sums["calls"], sums["inputTokens"], sums["outputTokens"]) == (11, 118, 1100)
    assert sums["cost"] == pytest.approx((110 * 1 + 500 * 10 + 8 * 2 + 600 * 20) / 1e6)


def test_without_prices_there_is_no_cost() -> None:
    chain = read(TEXT).chain
    assert chain
    assert total(rehearse(chain, Ahead(taken(chain, {"topic": "x"}))))["cost"] is None


def test_prices() -> None:
    prices = prices_in("gpt-4.1=2/8, claude-*=3/15, claude-haiku-*=1/5,")
    found = [price_of(prices, name) for name in ("gpt-4.1", "claude-x", "claude-haiku-4-5", "other")]
    assert found == [Price(2, 8), Price(3, 15), Price(1, 5), None]
    assert Price(3, 15).of(1_000_000, 200_000) == 6
    for wrong in ("a", "a=1", "a=1/", "a=-1/2", "a*b=1/2", "=1/2", "a=nan/1", "a=1/inf"):
        with pytest.raises(ValueError, match="entries such as"):
            prices_in(wrong)
