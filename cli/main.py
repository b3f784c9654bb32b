"""The command `folgeskab`.

Exit codes: 0 done, 1 refused (the message gives the reason), 2 wrong usage, 3 a service does not answer.
"""

from importlib.util import find_spec

import typer

from cli import (
    calls,
    duplicates,
    forms,
    handovers,
    imports,
    incidents,
    keys,
    parked,
    people,
    retention,
    routing,
    runtime,
    triage,
    waves,
)

app = typer.Typer(
    name="folgeskab",
    help="Følgeskab: registration of and follow-up with people affected by a major incident.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
incidents.app.command("keep-until")(retention.keep_until)
incidents.app.command("retention")(retention.retention)
app.add_typer(
    incidents.app, name="incident", help="Incidents: open, list, correct, close, reopen, retention."
)
app.add_typer(
    forms.app, name="form", help="Registration forms: the public page, the paper form and receipts."
)
app.add_typer(
    waves.app,
    name="wave",
    help="Outreach waves: draft, preview, approve, launch, pause, cancel, show status.",
)
app.add_typer(
    parked.app,
    name="parked",
    help="Parked messages (dead letters): list, replay, discard, release the brake.",
)
app.add_typer(
    keys.app, name="keys", help="Encryption keys: create a master key, write secrets, delete a person's keys."
)
app.add_typer(
    people.app,
    name="person",
    help="One person: search, show, export, withdraw, restrict, forget, prove erasure.",
)
app.add_typer(
    routing.app,
    name="routing",
    help="Home authorities: explain, preview a date, decide again, maintain the table of authorities.",
)
app.add_typer(
    handovers.app,
    name="handover",
    help="Handovers to home authorities: list, accept, refuse, record first contact, write the record.",
)
app.add_typer(
    calls.app,
    name="call",
    help="Follow-up tasks after calls: list, close.",
)
app.add_typer(triage.app, name="triage", help="Cases that need a manual decision: list, assign, resolve.")
app.add_typer(
    duplicates.app,
    name="duplicates",
    help="Possible duplicate registrations: list, show, suggest, confirm, dismiss, undo, split.",
)
app.command("import")(imports.import_people)
app.command("status")(incidents.status)
app.command("republish")(parked.republish)
app.command("provision")(runtime.provision)
app.command("serve")(runtime.serve)
if find_spec("deploy") is not None:  # the image does not contain the demo stack
    from cli.demo import demo

    app.command("demo")(demo)

if __name__ == "__main__":
    app()
