"""The stream of `wayseal simulate`: its options, and how a dataset is played."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli.commands import warn
from wayseal_sim import SimulateError
from wayseal_sim.play import Faults, Stream, copy_before, play, write_truth

StreamOption = Annotated[
    str | None,
    typer.Option(
        help="Play the log as [a stream](#a-stream-to-try-things-on) into `-` (standard output), `file:PATH` (appended "
        "to), `nats://HOST:PORT/STREAM` or `kafka://HOST:PORT/TOPIC`.",
        metavar="WHERE",
    ),
]
ExistingOption = Annotated[
    bool, typer.Option("--existing", help="Play the dataset that OUT is or holds; nothing is simulated.")
]
SpeedOption = Annotated[
    str, typer.Option(help="Seconds of the log in a second: 1 is real time, 3600 an hour a second; `max`: all at once.")
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="Day with which the stream begins: 2026-03-05, or a number of days of the log from 1. What was before is "
        "laid out as a dataset in OUT/before, with who there is.",
        metavar="DAY",
        show_default="the first, behind who there is",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(help="Day before which the stream ends, as `--from`.", metavar="DAY", show_default="the last event"),
]
LateOption = Annotated[
    float, typer.Option(help="Share of the stream's events that come late: by a minute, and ten more on average.")
]
DoubledOption = Annotated[float, typer.Option(help="Share of the stream's events that come twice.")]
DroppedOption = Annotated[
    float, typer.Option(help="Share of the stream's events that never come: holes in their gateways' counts.")
]
ReorderedOption = Annotated[float, typer.Option(help="Seconds by which events of the stream may overtake each other.")]
DyingOption = Annotated[
    float,
    typer.Option(
        help="Share of the gateways that stop once, for some minutes: what is in their journal comes late, the rest "
        "never."
    ),
]
SkewOption = Annotated[float, typer.Option(help="Seconds by which gateways' clocks are fast or slow at most.")]


def speed_of(text: str) -> float:
    """The speed that an option says; 0: as fast as it goes.

    Args:
        text: `max`, or seconds a second.

    Returns:
        Seconds a second.

    Raises:
        SimulateError: It is none.
    """
    try:
        speed = 0.0 if text == "max" else float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed < float("inf"):
        raise SimulateError("a speed is `max`, or seconds of the log in a second")
    return speed


def stream_dataset(
    out: Path,
    where: str | None,
    *,
    seed: int,
    speed: float,
    faults: Faults,
    since: str | None,
    until: str | None,
    quiet: bool,
) -> None:
    """Plays a dataset into a sink, and writes the truth about the stream.

    Args:
        out: A dataset, or a folder with one in `dataset`, beside which the truth is written.
        where: Address of the sink; None: it was left out.
        seed: Draws the faults.
        speed: As `play` takes it.
        faults: What goes wrong.
        since: The first day, if not all; what was before is laid out in OUT/before.
        until: The day before which it ends.
        quiet: Says nothing of it.

    Raises:
        SimulateError: There is no address, or nothing to play.
        DeliveryError: The sink takes nothing.
    """
    from wayseal.client.sinks import open_sink

    if where is None:
        raise SimulateError("`--existing` plays a dataset, and needs `--stream`")
    held = out / "dataset"
    stream = Stream(held if held.is_dir() else out, seed=seed, faults=faults, since=since, until=until)
    if since is not None:
        copy_before(stream.dataset, out / "before", stream.low)
    whole = not speed and (where == "-" or where.startswith("file:"))
    with open_sink(where, create=True) as sink:
        lines = play(stream, sink, speed=speed, batch=1 << 30 if whole else 200)
    if held.is_dir():
        write_truth(out / "stream.json", stream)
    if not quiet:
        warn("{lines:,} {lines:line|lines} in the stream", lines=lines)
