"""`folgeskab demo`: start the whole system on this machine and run an exercise incident through it."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.incidents import funnel_table
from cli.output import console, exit_with_error, print_line
from cli.published import published_people
from contracts.events.vocabulary import WithheldReason
from deploy.local.driving import Driver, Previewed, RefusedError
from deploy.local.leftovers import AlreadyRunningError
from deploy.local.people import Invented, invent
from deploy.local.ports import PortTakenError
from deploy.local.process import StartError
from deploy.local.stack import ROOT, Stack, wipe

HOME = ROOT / "var" / "demo"
STAGES = ("registered", "consented", "routed", "planned", "handed_over", "delivered")
STALL_LIMIT = 600.0  # seconds to wait for a stage before the demo reports what is missing
PORT = 8080
QUICK = {"FOLGESKAB_CALLS_PER_SECOND": "2000"}  # the simulators accept more than a real provider allows


@dataclass
class Timing:
    """Duration of each stage in seconds."""

    started: float = field(default_factory=time.monotonic)
    done: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.done[name] = time.monotonic() - began


def demo(
    people: Annotated[int, typer.Option(min=1, max=2_000_000, help="Number of generated people.")] = 2000,
    port: Annotated[int, typer.Option(help="Port of the console. 0 picks a free port.")] = PORT,
    stay: Annotated[bool, typer.Option(help="Keep everything running until Ctrl-C.")] = True,
    home: Annotated[
        Path,
        typer.Option(show_default="var/demo", help="Folder for the demo's data. It is emptied at the start."),
    ] = HOME,
) -> None:
    """Start the whole system on this machine and run an exercise incident through it."""
    try:
        asyncio.run(_demo(people, port, stay, home))
    except KeyboardInterrupt:
        print_line("Stopped. All processes have ended.")
    except (StartError, PortTakenError, AlreadyRunningError, RefusedError) as error:
        exit_with_error(str(error))


async def _demo(people: int, port: int, stay: bool, home: Path) -> None:
    wipe(home)
    print_line("Starting PostgreSQL, a broker, the simulators and the five services ...")
    stack = Stack(home, ports={"console": port} if port else {}, settings=QUICK)
    async with stack, Driver(stack) as driver:
        print_line(
            f"Console: [bold]{stack.url('console')}[/bold]  (this machine only: there is no login yet)"
        )
        await _run(driver, stack, people)
        if stay:
            print_line(
                f"\nThe console is open at [bold]{stack.url('console')}[/bold]. Ctrl-C stops everything."
            )
            print_line(f"Commands, in another terminal: . {stack.commands()} && .venv/bin/folgeskab --help")
            await _until_interrupted()


async def _run(driver: Driver, stack: Stack, people: int) -> None:
    timing = Timing()
    published = published_people()
    invented = [*published, *invent(people)]
    if not published:
        print_line("The published test people are not beside this checkout. Only generated people are used.")
    await driver.tell_register(invented)
    incident_id = await driver.open_incident("Øvelse: togulykke ved Aarhus H")
    print_line(f"Incident: [bold]{stack.url('console')}/incidents/{incident_id}[/bold]")
    with _progress() as progress:
        bars = {stage: progress.add_task(stage.replace("_", " "), total=len(invented)) for stage in STAGES}
        watching = asyncio.create_task(_watch(driver, incident_id, progress, bars))
        try:
            await _run_incident(driver, incident_id, invented, timing)
        finally:
            watching.cancel()
        funnel = await driver.funnel(incident_id)
        _update_progress(progress, bars, funnel)
    console.print(funnel_table(funnel))
    console.print(_municipality_table(funnel))
    console.print(_channel_table(funnel))
    console.print(_timing_table(timing))


async def _run_incident(driver: Driver, incident_id: str, people: list[Invented], timing: Timing) -> None:
    with timing.of("import"):
        report = await driver.import_people(incident_id, people)
    with timing.of("routing, after the import"):
        await _wait_until(
            driver, incident_id, lambda f: f["routed"] + f["unresolved"] >= report["registered"]
        )
    with timing.of("preview"):
        wave = await _preview_everybody(driver, incident_id, report["registered"])
    with timing.of("approval and launch"):
        await driver.approve_and_launch(wave)
    with timing.of("delivery"):
        await _wait_until(driver, incident_id, _is_settled)


async def _preview_everybody(driver: Driver, incident_id: str, registered: int) -> Previewed:
    """Repeat the preview until outreach knows every registered person.

    Outreach plans no contact for a person it does not know.
    """
    wave_id = await driver.draft(incident_id)
    deadline = time.monotonic() + STALL_LIMIT
    while True:
        wave = await driver.preview_again(wave_id)
        undecided = wave.figures["excluded"].get(WithheldReason.BEING_DECIDED, 0)
        if wave.figures["people"] >= registered and not undecided:
            return wave
        if time.monotonic() > deadline:
            raise RefusedError(
                f"Outreach does not know all {registered} people. Look at its log. Figures: {wave.figures}"
            )
        await asyncio.sleep(0.25)


def _is_settled(funnel: dict[str, Any]) -> bool:
    """Return whether no planned message waits for a provider or a receipt."""
    waiting = ("planned", "handed_over", "in_doubt")
    return bool(funnel["planned"]) and not any(funnel["buckets"].get(bucket) for bucket in waiting)


async def _wait_until(driver: Driver, incident_id: str, reached: Any) -> None:
    deadline = time.monotonic() + STALL_LIMIT
    while not reached(funnel := await driver.funnel(incident_id)):
        if time.monotonic() > deadline:
            raise RefusedError(
                f"A stage did not finish within {STALL_LIMIT:.0f} s. Look at the services' logs."
                f" People per bucket: {funnel['buckets']}"
            )
        await asyncio.sleep(0.25)


async def _watch(driver: Driver, incident_id: str, progress: Progress, bars: dict[str, TaskID]) -> None:
    while True:
        _update_progress(progress, bars, await driver.funnel(incident_id))
        await asyncio.sleep(0.5)


def _update_progress(progress: Progress, bars: dict[str, TaskID], funnel: dict[str, Any]) -> None:
    for stage, bar in bars.items():
        progress.update(bar, completed=funnel[stage])


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:>12}"),
        BarColumn(40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _municipality_table(funnel: dict[str, Any], shown: int = 10) -> Table:
    places = sorted(funnel["per_municipality"].items(), key=lambda item: -item[1]["registered"])
    table = Table("Municipality", "Registered", "Delivered", title="Per municipality, the largest")
    for name, figures in places[:shown]:
        table.add_row(name, str(figures["registered"]), str(figures["delivered"]))
    rest = places[shown:]
    if rest:
        sums = [str(sum(figures[key] for _, figures in rest)) for key in ("registered", "delivered")]
        table.add_row(f"and {len(rest)} more", *sums)
    return table


def _channel_table(funnel: dict[str, Any]) -> Table:
    names = sorted({name for figures in funnel["per_channel"].values() for name in figures})
    table = Table("Channel", *(name.replace("_", " ").capitalize() for name in names), title="Per channel")
    for channel, figures in funnel["per_channel"].items():
        table.add_row(channel.replace("_", " "), *(str(figures.get(name, 0)) for name in names))
    return table


def _timing_table(timing: Timing) -> Table:
    table = Table("Stage", "Seconds", title="How long it took")
    for stage, seconds in timing.done.items():
        table.add_row(stage, f"{seconds:.1f}")
    return table


async def _until_interrupted() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    await stopped.wait()
