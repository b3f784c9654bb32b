"""The command `folgeskab`. Exit codes.

0 done, 1 refused (the message says why), 2 wrong use, 3 a service does not answer.
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
    help="Følgeskab: makes sure nobody is forgotten after a major incident.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
incidents.app.command("keep-until")(retention.keep_until)
incidents.app.command("retention")(retention.retention)
app.add_typer(incidents.app, name="incident", help="Open, list and close incidents.")
app.add_typer(forms.app, name="form", help="Forms: on paper, and the page where the public registers itself.")
app.add_typer(
    waves.app,
    name="wave",
    help="Outreach waves: draft, preview, approve, launch, pause, cancel; see how they stand.",
)
app.add_typer(
    parked.app,
    name="parked",
    help="Messages that could not be handled: list, replay, discard; release the brake.",
)
app.add_typer(
    keys.app, name="keys", help="The keys of the personal data: make a master key, forget a person."
)
app.add_typer(
    people.app, name="person", help="One person: search, show, export, restrict, forget, and prove it."
)
app.add_typer(
    routing.app,
    name="routing",
    help="Home authorities: explain one, preview a day, decide again; import the table of authorities.",
)
app.add_typer(
    handovers.app,
    name="handover",
    help="Handovers to home authorities: list, accept, refuse, first contact, the record on paper.",
)
app.add_typer(
    calls.app,
    name="call",
    help="Calls: what is still to be seen to after them, and closing it with a reason.",
)
app.add_typer(triage.app, name="triage", help="Who waits for a person's decision: list, assign, resolve.")
app.add_typer(
    duplicates.app,
    name="duplicates",
    help="People who may be registered twice: list, show, suggest, confirm, dismiss, undo.",
)
app.command("import")(imports.import_people)
app.command("status")(incidents.status)
app.command("republish")(parked.republish)
app.command("provision")(runtime.provision)
app.command("serve")(runtime.serve)
if find_spec("deploy") is not None:  # the image has no stack of its own to start
    from cli.demo import demo

    app.command("demo")(demo)

if __name__ == "__main__":
    app()
