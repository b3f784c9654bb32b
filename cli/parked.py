"""Messages that could not be handled, in every service; and sending the outboxes again."""

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call
from cli.output import KEPT_READABLE, console, listing, say
from cli.runtime import ServiceName

app = typer.Typer(no_args_is_help=True)
Parked = Annotated[UUID, typer.Argument(help="As `folgeskab parked list` shows it.")]
Service = Annotated[ServiceName, typer.Argument(help="The service that could not handle it.")]


@app.command("list")
def listed() -> None:
    """Show what is parked in every service, and where the brake is on."""
    table = listing(
        "Service", "Id", "Topic", "Partition", "Offset", "Why", ids={"Id"}, title="Parked messages"
    )
    for service in ServiceName:
        answer = call(service.value, "GET", "/operations/parked")
        if answer["braked"]:
            say(
                f"[bold]The brake is on in {service.value}[/bold]: look below, "
                f"then `folgeskab parked release {service.value}`."
            )
        for m in answer["parked"]:
            table.add_row(
                service.value, m["id"], m["topic"], str(m["partition"]), str(m["offset"]), escape(m["reason"])
            )
    console.print(table if table.row_count else "Nothing is parked.")


@app.command()
def replay(service: Service, parked_id: Parked) -> None:
    """Handle one parked message again, as if it came now."""
    call(service.value, "POST", f"/operations/parked/{parked_id}/replay")
    say("Replayed.")


@app.command()
def discard(
    service: Service,
    parked_id: Parked,
    why: Annotated[str, typer.Option(help=f"The reason. {KEPT_READABLE}")],
) -> None:
    """Set one parked message aside for good. It stays in the table, with your reason."""
    call(service.value, "POST", f"/operations/parked/{parked_id}/discard", json={"why": why})
    say("Discarded.")


@app.command()
def release(service: Service) -> None:
    """Release the brake: the batch that waits goes through, its bad messages parked."""
    call(service.value, "POST", "/operations/brake/release")
    say(f"Released in {service.value}.")


def republish(
    service: Annotated[list[ServiceName] | None, typer.Argument(help="All, if none is named.")] = None,
) -> None:
    """Send the outboxes again, after Kafka was lost.

    What was handled before is swallowed by the inboxes. Run `folgeskab provision` first, so that the topics
    are there.
    """
    for name in service or list(ServiceName):
        events = call(name.value, "POST", "/operations/republish")["events"]
        say(f"{name.value}: {events} events are on their way again.")
