"""A demonstration: a link that opens the console once, and a basket of what was bought, to trace.

The ledger is asked about that basket as about any other that changed, so that nobody meets it unasked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wayseal.console.roles import Role
from wayseal.console.tracing import Baskets, Runs, leaks_lines, read_file
from wayseal.console.tracing.types import RunKind
from wayseal.console.web.app import Site
from wayseal.model.times import clock_hours, offset_text

LOGIN, NAME = "demo", "Demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What a demonstration is given.

    Attributes:
        say: Told the address of the link.
        basket: What the basket is called.
        bought: A file of numbers that go into it; None: there is none.
    """

    say: Callable[[str], None]
    basket: str = ""
    bought: Path | None = None


def begin_demo(demo: Demo, site: Site, address: str) -> None:
    """Fills the basket, once, has the ledger asked about it, and makes the link.

    Args:
        demo: What there is.
        site: What the console stands on.
        address: Of the console.

    Raises:
        ConsoleError: The file can't be read.
    """
    if demo.bought is not None and not _baskets(site).page():
        _fill(demo.basket, demo.bought, site)
    token = site.access.people.make_demo_link(LOGIN, NAME, Role.INVESTIGATOR)
    demo.say(f"{address}/demo/{token}")


def _baskets(site: Site) -> Baskets:
    return Baskets(site.access.database, site.access.now)


def _fill(name: str, bought: Path, site: Site) -> None:
    numbers = read_file(bought, bought.name, {}, 0).numbers
    basket = _baskets(site).make(name, LOGIN, "")
    _baskets(site).add(basket, numbers, LOGIN, "")
    filled = _baskets(site).find(basket)
    if filled is None or site.ledger is None:
        return
    hours = clock_hours()
    values = {"leaks": leaks_lines(numbers, hours), "offset": offset_text(hours), "seed": "7"}
    job = site.jobs.start(RunKind.CHECK.value, values, LOGIN, subject=basket)
    Runs(site.access.database, site.access.now).note(job, RunKind.CHECK, basket, filled.version, 7, LOGIN)
