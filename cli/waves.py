"""Commands for outreach waves: one person drafts a wave, a second person approves it."""

from collections import Counter
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.http_client import call
from cli.incidents import IncidentArgument
from cli.known_incident import require_known_incident
from cli.output import console, make_listing, print_line
from contracts.events.vocabulary import Role

app = typer.Typer(no_args_is_help=True)
WaveArgument = Annotated[UUID, typer.Argument(help="The wave's id: `folgeskab wave list` shows it.")]
Actor = Annotated[str, typer.Option("--as", help="Your name. Default: the user logged in.")]


@app.command()
def create(
    incident_id: IncidentArgument,
    plan: Annotated[str, typer.Option(help="Name of the plan.")] = "information",
    role: Annotated[
        list[Role] | None, typer.Option(help="Only this role. Can be given several times. Default: all.")
    ] = None,
    municipality: Annotated[
        list[str] | None,
        typer.Option(help="Only this municipality code. Can be given several times. Default: all."),
    ] = None,
    person: Annotated[
        list[UUID] | None,
        typer.Option(
            help="Only the person with this registration id. Can be given several times. Default: all."
        ),
    ] = None,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Include people who already had this contact.")
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
    print_line(answer["wave_id"])


@app.command("list")
def list_waves(incident_id: IncidentArgument) -> None:
    """List the waves of an incident with their state."""
    table = make_listing("Id", "Plan", "State", "People", "Made by", "Approved by", ids={"Id"})
    for wave in call("outreach", "GET", f"/incidents/{incident_id}/waves"):
        people = "" if wave["people"] is None else str(wave["people"])
        made, approved = escape(wave["created_by"]), escape(wave["approved_by"] or "")
        table.add_row(wave["wave_id"], wave["plan"], wave["state"], people, made, approved)
    if not table.row_count:
        require_known_incident(incident_id)
    console.print(table if table.row_count else "There are no waves.")


@app.command()
def show(wave_id: WaveArgument) -> None:
    """Show the state of a wave and its last preview."""
    wave = call("outreach", "GET", f"/waves/{wave_id}")
    print_line(f"The wave is {wave['state']}.")
    if wave["frozen_hash"]:
        _show_preview(wave)


@app.command()
def preview(wave_id: WaveArgument, actor: Actor = "") -> None:
    """Freeze the selection of a wave. Show who is contacted by which channel, and who is excluded."""
    answer = call("outreach", "POST", f"/waves/{wave_id}/preview", actor=actor)
    _show_preview(answer)
    print_line(f"A second person approves it with: folgeskab wave approve {wave_id} {answer['frozen_hash']}")


@app.command()
def approve(
    wave_id: WaveArgument,
    frozen_hash: Annotated[str, typer.Argument(help="The hash that the preview printed.")],
    actor: Actor = "",
) -> None:
    """Approve the previewed wave. Its author cannot approve it."""
    call("outreach", "POST", f"/waves/{wave_id}/approve", actor=actor, json={"frozen_hash": frozen_hash})
    print_line("Approved.")


def _add_transition(name: str, help_text: str) -> None:
    @app.command(name, help=help_text)
    def step(wave_id: WaveArgument, actor: Actor = "") -> None:
        state = call("outreach", "POST", f"/waves/{wave_id}/{name}", actor=actor)["state"]
        print_line(f"The wave is {state}.")


_add_transition("launch", "Launch an approved wave.")
_add_transition("pause", "Pause a wave: hold messages not yet given to a provider.")
_add_transition("resume", "Resume a paused wave.")
_add_transition("cancel", "Cancel a wave for good: messages not yet given to a provider are withheld.")


def _show_preview(answer: dict[str, Any]) -> None:
    console.print(_preview_table(answer))
    if answer["repeat"]:
        print_line(
            f"{answer['again']} people already had this contact at this incident "
            "and get it again: the wave is a repeat."
        )
    if answer["redeciding"]:
        print_line(
            f"The home authority of {answer['redeciding']} people was decided on an earlier day and is being "
            "decided again. Preview again in a moment: the figures may change."
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
