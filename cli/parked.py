"""Commands for parked messages (dead letters) of every service, and for republishing the outboxes."""

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call
from cli.output import NO_PERSONAL_DATA, console, make_listing, print_line
from cli.runtime import ServiceName

app = typer.Typer(no_args_is_help=True)
Parked = Annotated[UUID, typer.Argument(help="The message's id: `folgeskab parked list` shows it.")]
Service = Annotated[ServiceName, typer.Argument(help="The service.")]


@app.command("list")
def list_parked() -> None:
    """List the parked messages of every service, and show which services have stopped (the brake)."""
    table = make_listing(
        "Service", "Id", "Topic", "Partition", "Offset", "Why", ids={"Id"}, title="Parked messages"
    )
    for service in ServiceName:
        answer = call(service.value, "GET", "/operations/parked")
        if answer["braked"]:
            print_line(
                f"[bold]The brake is on in {service.value}[/bold]: read the reasons below, "
                f"then run `folgeskab parked release {service.value}`."
            )
        for m in answer["parked"]:
            table.add_row(
                service.value, m["id"], m["topic"], str(m["partition"]), str(m["offset"]), escape(m["reason"])
            )
    console.print(table if table.row_count else "There are no parked messages.")


@app.command()
def replay(service: Service, parked_id: Parked) -> None:
    """Process a parked message again."""
    call(service.value, "POST", f"/operations/parked/{parked_id}/replay")
    print_line("Replayed.")


@app.command()
def discard(
    service: Service,
    parked_id: Parked,
    why: Annotated[str, typer.Option(help=f"The reason. {NO_PERSONAL_DATA}")],
) -> None:
    """Discard a parked message for good. It stays in the table with your reason."""
    call(service.value, "POST", f"/operations/parked/{parked_id}/discard", json={"why": why})
    print_line("Discarded.")


@app.command()
def release(service: Service) -> None:
    """Release the brake: the service processes the waiting batch and parks its bad messages."""
    call(service.value, "POST", "/operations/brake/release")
    print_line(f"Released in {service.value}.")


def republish(
    service: Annotated[list[ServiceName] | None, typer.Argument(help="The services. Default: all.")] = None,
) -> None:
    """Send all events of the outboxes again, after a loss of Kafka.

    Run `folgeskab provision` first to create the topics. Services ignore events they have already processed.
    """
    for name in service or list(ServiceName):
        events = call(name.value, "POST", "/operations/republish")["events"]
        print_line(f"{name.value}: {events} events will be sent again.")
