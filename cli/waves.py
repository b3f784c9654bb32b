"""Outreach waves: a person decides, a second person approves."""

from collections import Counter
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.known_incident import refuse_unknown
from cli.output import console, listing, say
from contracts.events.vocabulary import Role

app = typer.Typer(no_args_is_help=True)
WaveArgument = Annotated[UUID, typer.Argument(help="As `folgeskab wave list` shows it.")]
Actor = Annotated[str, typer.Option("--as", help="Who you are; default: the user logged in.")]


@app.command()
def create(
    incident_id: IncidentArgument,
    plan: Annotated[str, typer.Option(help="The plan's name.")] = "information",
    role: Annotated[
        list[Role] | None, typer.Option(help="Only this role, given again for each; default: all.")
    ] = None,
    municipality: Annotated[
        list[str] | None, typer.Option(help="Only this kommunekode, given again for each; default: all.")
    ] = None,
    person: Annotated[
        list[UUID] | None,
        typer.Option(help="Only the person of this registration, given again for each; default: all."),
    ] = None,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Also people who have had the same contact already.")
    ] = False,
    actor: Actor = "",
) -> None:
    """Draft a wave and print its id."""
    selection = {
        "roles": [r.value for r in role or ()],
        "municipalities": list(municipality or ()),
        "registrations": [str(registration_id) for registration_id in person or ()],
    }
    answer = call(
        "outreach",
        "POST",
        f"/incidents/{incident_id}/waves",
        actor=actor,
        json={"plan": plan, "selection": selection, "repeat": repeat},
    )
    say(answer["wave_id"])


@app.command("list")
def listed(incident_id: IncidentArgument) -> None:
    """List the waves of an incident and how they stand."""
    table = listing("Id", "Plan", "State", "People", "Made by", "Approved by", ids={"Id"})
    for wave in call("outreach", "GET", f"/incidents/{incident_id}/waves"):
        people = "" if wave["people"] is None else str(wave["people"])
        made, approved = escape(wave["created_by"]), escape(wave["approved_by"] or "")
        table.add_row(wave["wave_id"], wave["plan"], wave["state"], people, made, approved)
    if not table.row_count:
        refuse_unknown(incident_id)
    console.print(table if table.row_count else "There is no wave yet.")


@app.command()
def show(wave_id: WaveArgument) -> None:
    """Show how a wave stands, and what its last preview showed."""
    wave = call("outreach", "GET", f"/waves/{wave_id}")
    say(f"The wave is {wave['state']}.")
    if wave["frozen_hash"]:
        _show_preview(wave)


@app.command()
def preview(wave_id: WaveArgument, actor: Actor = "") -> None:
    """Freeze the people it would reach, and show who, how, and who not and why."""
    answer = call("outreach", "POST", f"/waves/{wave_id}/preview", actor=actor)
    _show_preview(answer)
    say(f"Approve it as another person with: folgeskab wave approve {wave_id} {answer['frozen_hash']}")


@app.command()
def approve(
    wave_id: WaveArgument,
    frozen_hash: Annotated[str, typer.Argument(help="As the preview printed it.")],
    actor: Actor = "",
) -> None:
    """Approve exactly what was previewed: as another person than its author."""
    call("outreach", "POST", f"/waves/{wave_id}/approve", actor=actor, json={"frozen_hash": frozen_hash})
    say("Approved.")


def _step(name: str, help_text: str) -> None:
    @app.command(name, help=help_text)
    def step(wave_id: WaveArgument, actor: Actor = "") -> None:
        state = call("outreach", "POST", f"/waves/{wave_id}/{name}", actor=actor)["state"]
        say(f"The wave is {state}.")


_step("launch", "Launch an approved wave.")
_step("pause", "Hold back everything not yet handed over.")
_step("resume", "Go on after a pause.")
_step("cancel", "Stop for good: what was not handed over is withheld.")


def _show_preview(answer: dict[str, Any]) -> None:
    console.print(_preview_table(answer))
    if answer["repeat"]:
        say(
            f"{answer['again']} people have had the same contact at this incident already, "
            "and get the same again: the wave is a repeat."
        )
    if answer["redeciding"]:
        say(
            f"{answer['redeciding']} people in the wave are being decided again, because that was done on an "
            "earlier day. Preview again in a moment: the figures may change."
        )


def _by_language(answer: dict[str, Any]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for share in answer["languages"]:
        counted[share["language"]] += share["contacts"]
    return dict(sorted(counted.items()))


def _preview_table(answer: dict[str, Any]) -> Table:
    table = Table("What", "People", title=f"{answer['people']} people")
    for share in answer["contacts"]:
        table.add_row(
            f"{share['kind']} by {share['channel']} in {share.get('authority', share['municipality'])}",
            str(share["contacts"]),
        )
    table.add_section()
    for language, messages in _by_language(answer).items():
        table.add_row(f"messages in {language}", str(messages))
    table.add_section()
    for reason, people in answer["excluded"].items():
        table.add_row(f"left out: {reason.replace('_', ' ')}", str(people))
    for step in answer["omitted"]:
        reason = step["reason"].replace("_", " ")
        table.add_row(f"no {step['kind']} for people in the wave: {reason}", str(step["contacts"]))
    return table
