"""A console as a process that can be killed, and people who are signed in to it, for benchmarks and tests of it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.shared.forked import Forked, free_port
from wayseal.cases import open_cases
from wayseal.cases.types import Alert
from wayseal.console import Role, read_console_settings
from wayseal.console.access.types import Visit
from wayseal.console.serve import open_access

_LOAD = """
from wayseal.console.serve import run_console
from wayseal.console.settings import read_console_settings
"""
_SERVE = "run_console(read_console_settings(os.environ), say_setup=lambda address, code: None)"
_PREFIX = "WAYSEAL_CONSOLE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """People who are signed in: the tokens of their sessions, by role."""

    tokens: dict[Role, list[str]] = field(repr=False)

    def browser(self, address: str, role: Role, number: int = 0) -> httpx.Client:
        """A browser of one of them."""
        own = self.tokens[role]
        headers = {"sec-fetch-site": "same-origin", "cookie": f"wayseal={own[number % len(own)]}"}
        return httpx.Client(base_url=address, headers=headers, timeout=30, trust_env=False)


def seed(folder: Path, ledger: Path, staff: dict[Role, int], cases: int) -> Staff:
    """A console with people in it, beside a casebook with cases; nobody has a password, so nobody is asked for one.

    Args:
        folder: Of the console.
        ledger: Whose casebook gets the cases; an empty folder will do.
        staff: Role → how many.
        cases: How many.

    Returns:
        The people.
    """
    (ledger / "detect").mkdir(parents=True, exist_ok=True)
    alerts = [
        Alert(
            actors=(f"clerk-{n:06}",),
            alerted_at=1_772_000_000_000_000 + n,
            score=0.9,
            detectors=("volume",),
            parcels_a_day=100.0,
            worth=True,
        )
        for n in range(cases)
    ]
    with open_cases(ledger / "detect") as book:
        book.register(alerts, 1_772_100_000_000_000)
    tokens: dict[Role, list[str]] = {}
    with open_access(read_console_settings({}, folder=str(folder))) as access:
        for role, many in staff.items():
            for number in range(many):
                link = access.people.make_demo_link(f"{role.value.replace('_', '-')}-{number}", "Somebody", role)
                opened = access.people.use_demo_link(link, Visit(address=f"192.0.2.{number % 250}", device=""))
                tokens.setdefault(role, []).append(opened.token)
    return Staff(tokens=tokens)


class Console(Forked):
    """The process that serves."""

    def __init__(self, folder: Path, ledger: Path, *, core: int | None = None) -> None:
        """core: the one that it has to do with; None: all."""
        port = free_port()
        own = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
        given = {"FOLDER": folder, "LEDGER": ledger, "PORT": port}
        environment = own | {_PREFIX + name: str(value) for name, value in given.items()}
        super().__init__(_LOAD, _SERVE, environment, port, core=core)
