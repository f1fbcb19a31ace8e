"""A demonstration: a link that opens the console once, and a basket of what was bought, to trace."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wayseal.console.access import Access
from wayseal.console.roles import Role
from wayseal.console.tracing import Baskets, read_file

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


def begin_demo(demo: Demo, access: Access, address: str) -> None:
    """Fills the basket, once, and makes the link.

    Args:
        demo: What there is.
        access: Where the link is made.
        address: Of the console.

    Raises:
        ConsoleError: The file can't be read.
    """
    baskets = Baskets(access.database, access.now)
    if demo.bought is not None and not baskets.page():
        typed = read_file(demo.bought, demo.bought.name, {}, 0)
        baskets.add(baskets.make(demo.basket, LOGIN, ""), typed.numbers, LOGIN, "")
    token = access.people.make_demo_link(LOGIN, NAME, Role.INVESTIGATOR)
    demo.say(f"{address}/demo/{token}")
