"""Commands for the public registration page, the paper form and receipts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.http_client import call, fetch
from cli.incidents import IncidentArgument
from cli.output import print_line

app = typer.Typer(no_args_is_help=True)
Out = Annotated[Path, typer.Option("--out", "-o", help="The PDF file to write.")]


class FormLanguage(StrEnum):
    DA = "da"
    EN = "en"
    UK = "uk"
    AR = "ar"


@app.command("open")
def open_form(incident_id: IncidentArgument) -> None:
    """Open the public registration page and print its address. Reopening keeps the address."""
    print_line(call("registration", "POST", f"/incidents/{incident_id}/public-form")["url"])


@app.command("close")
def close_form(incident_id: IncidentArgument) -> None:
    """Close the public registration page. It then shows the hotline's number."""
    call("registration", "POST", f"/incidents/{incident_id}/public-form/close")
    print_line("Closed.")


@app.command("print")
def print_form(
    incident_id: IncidentArgument,
    out: Out,
    language: Annotated[FormLanguage, typer.Option(help="Language of the form.")] = FormLanguage.DA,
    copies: Annotated[
        int, typer.Option(min=1, max=50, help="Number of copies. Each gets its own form number.")
    ] = 1,
    number: Annotated[str | None, typer.Option(help="Form number, to reprint one form.")] = None,
) -> None:
    """Write the registration and consent form as a PDF, with a QR code to the public page."""
    wanted = {"language": language.value, "copies": copies, **({"number": number} if number else {})}
    out.write_bytes(fetch("registration", "GET", f"/incidents/{incident_id}/form.pdf", params=wanted).content)
    print_line(f"Written to {out}.")


@app.command("receipt")
def print_receipt(
    registration_id: Annotated[UUID, typer.Argument(help="The person's registration id.")],
    consent_id: Annotated[UUID, typer.Argument(help="The consent's id: `folgeskab person show` lists it.")],
    out: Out,
) -> None:
    """Write the receipt for a consent as a PDF, for the person. The access is logged."""
    path = f"/registrations/{registration_id}/consents/{consent_id}/receipt.pdf"
    out.write_bytes(fetch("registration", "GET", path).content)
    print_line(f"Written to {out}.")
