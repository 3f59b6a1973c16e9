"""`oql chain dry-run`: a chain as it would run, without running it."""

import sys
from typing import TYPE_CHECKING, Any

import click

from oql.cli.chain.files import input_option, missing_told, read_chain, read_chain_text, values
from oql.cli.check import counted
from oql.cli.options import data_option, settings_in_force
from oql.cli.refusal import Failed
from oql.cli.terminal import colored

if TYPE_CHECKING:
    from chains.rehearsal import Ahead, Rehearsed


@click.command("dry-run", short_help="Show waves, prompts, and what a run may cost.")
@click.argument("file", type=click.Path())
@input_option
@click.option(
    "--answer-tokens", type=click.IntRange(min=0), default=500, show_default=True,
    help="How long each answer of a model is taken to be.",
)  # fmt: skip
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print one object with waves and total.")
def command(file: str, inputs: Any, answer_tokens: int, data: str | None, as_json: bool) -> None:
    """Show how the chain in FILE (`-`: standard input) would run. Nothing runs, and no model is asked.

    Steps of one wave run side by side. Prompts are shown with the inputs filled in; what steps will write stays as it
    is written. A token is taken to be four characters. Costs need the setting model_prices.
    """
    from chains.inputs import InputRefused
    from chains.rehearsal import Ahead, rehearse, taken, total
    from oql.models.prices import prices_in

    chain = read_chain(read_chain_text(file))
    settings = settings_in_force(data)
    try:
        given = taken(chain, values(inputs))
    except InputRefused as error:
        raise Failed(missing_told(str(error))) from None
    ahead = Ahead(given, settings.model_default or "", prices_in(settings.model_prices or ""), answer_tokens)
    waves = rehearse(chain, ahead)
    if as_json:
        from oql.cli.answers import json_text

        click.echo(json_text({"waves": [[_json(step) for step in wave] for wave in waves], "total": total(waves)}))
    else:
        _show(waves, total(waves), ahead)


def _json(step: "Rehearsed") -> dict[str, Any]:
    return {
        "stepId": step.step.id, "type": step.step.type, "model": step.model or None, "calls": step.calls,
        "inputTokens": step.tokens_in, "outputTokens": step.tokens_out, "cost": step.cost,
        "prompts": [{"name": name, "text": text} for name, text in step.prompts],
    }  # fmt: skip


def _show(waves: "list[list[Rehearsed]]", sums: dict[str, Any], ahead: "Ahead") -> None:
    color = colored(sys.stdout)
    for number, wave in enumerate(waves, 1):
        click.echo(click.style(f"wave {number}", bold=True), color=color)
        for step in wave:
            click.echo("  " + _head(step), color=color)
            for name, text in step.prompts:
                lines = text.rstrip("\n").splitlines() or [""]
                click.echo(f"    {click.style(f'{name}:', dim=True)} {lines[0]}".rstrip(), color=color)
                for line in lines[1:]:
                    click.echo(f"      {line}".rstrip())
    click.echo(_total(sums, waves))
    if sums["cost"] is None and sums["calls"]:
        click.echo("no cost: the setting model_prices has no price of these models", err=True)
    unknown = sorted({step.step.id for wave in waves for step in wave if step.calls is None})
    if unknown:
        click.echo(f"how many items there are shows in a run only; counted once: {', '.join(unknown)}", err=True)
    if ahead.given.omitted:
        click.echo(f"optional inputs left out: {', '.join(sorted(ahead.given.omitted))}", err=True)


def _head(step: "Rehearsed") -> str:
    about = [step.step.type]
    if step.step.condition:
        about.append(f"if {step.step.condition}")
    if step.calls != 0:
        calls = "for each item" if step.calls is None else counted(step.calls, "call")
        about += [
            f"{step.model or 'no model is set'}, {calls}",
            f"about {step.tokens_in:,} + {step.tokens_out:,} tokens",
        ]
    if step.cost is not None:
        about.append(f"cost {step.cost:.4f}")
    return f"{click.style(step.step.id, fg='cyan')}: {'; '.join(about)}"


def _total(sums: dict[str, Any], waves: "list[list[Rehearsed]]") -> str:
    steps = counted(sum(map(len, waves)), "step")
    told = f"{steps}, {counted(sums['calls'], 'call')} of models: about {sums['inputTokens']:,} tokens in, "
    cost = "" if sums["cost"] is None else f"; cost {sums['cost']:.4f}"
    return f"{told}{sums['outputTokens']:,} out{cost}"
