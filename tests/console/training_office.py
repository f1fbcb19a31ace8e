"""A console over a ledger whose couriers are trained, with people of each role."""

import random
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from httpx import Client, Response

from tests.cli.running import inside
from tests.console.working import with_ledger
from tests.console.world import World, open_world
from wayseal.cases.training.courses import day_of
from wayseal.cases.training.questions import draw_test
from wayseal.cases.training.record import Completed, Done, Training, TrainingRecord
from wayseal.console import Role

COURSE = "waybill-data"
PEOPLE = [f"courier-{n}" for n in (12, 31, *range(40, 60))]


def make_directory(folder: Path) -> None:
    """A ledger whose directory has couriers of two outlets."""
    rows = [f"{one},person,courier,o-{1 + (one == 'courier-31')}" for one in PEOPLE]
    lines = ["actor,kind,role,outlet", *rows, "shop,partner,partner,", ""]
    (folder / "actors.csv").write_text("\n".join(lines), "utf-8")
    (folder / "accesses.csv").write_text("at,actor,waybill\n2026-03-02T08:00:00Z,courier-12,YT0000000000001\n", "utf-8")
    for name in ("accesses", "actors"):
        assert inside("ingest", folder / "ledger", folder / f"{name}.csv", "-q").code == 0


class Office:
    """A console over a ledger, with people of each role."""

    def __init__(self, world: World, ledger: Path) -> None:
        self.world, self.ledger = world, ledger
        with_ledger(world, ledger)
        for login, role in (("li", Role.ADMINISTRATOR), ("wang", Role.ADMINISTRATOR), ("zhang", Role.AUDITOR)):
            world.person(login, role)
        world.person("sun", Role.OUTLET_MANAGER, outlet="o-1")
        self.record = TrainingRecord(ledger)
        self.browsers: dict[str, Client] = {}

    def at(self, login: str) -> Client:
        if login not in self.browsers:
            self.browsers[login] = self.world.signed_in(login)
        return self.browsers[login]

    def name(self, account: str) -> str:
        """What an account is called in addresses."""
        return "u-" + self.world.access.keys.mac("training", account)[:12]

    def complete(self, *people: str, ago: int = 0) -> None:
        now = self.world.clock()
        rows = tuple(Done(account=one, course=COURSE, day=day_of(now) - timedelta(days=ago)) for one in people)
        self.record.put(Completed(at=now, who="hr", how="imported", rows=rows), id="c")

    def state(self) -> Training:
        return self.record.state()

    def stands(self, account: str) -> str:
        people = self.world.site.ledger.people()  # type: ignore[union-attr]
        return self.state().standing(people[account], self.world.clock()).state

    def post(self, login: str, path: str, **fields: str) -> Response:
        return self.at(login).post(path, data=fields)

    def send(self, login: str, content: str, whole: str = "") -> Response:
        """A file of completions."""
        browser = self.at(login)
        page = browser.get("/training/import")
        (csrf,) = re.findall(r'name="csrf" value="([^"]+)"[^>]*>\s*<div class="field"><label for="whole"', page.text)
        return browser.post(
            "/training/import",
            data={"csrf": csrf, "whole": whole},
            files={"file": ("done.csv", content.encode(), "text/csv")},
        )

    def take(self, login: str, seen: Response) -> Response:
        """Takes in what was shown."""
        fields = dict(re.findall(r'type="hidden" name="(csrf|sha256|file|whole)" value="([^"]*)"', seen.text))
        return self.at(login).post("/training/import", files={name: (None, value) for name, value in fields.items()})

    def answer(self, login: str, id_: str, yes: str = "1") -> Response:
        return self.post(login, "/training/answer", id=id_, yes=yes)

    def answers(self, login: str, account: str, right: int) -> dict[str, str]:
        """Answers to the questions that somebody sees, so many of them right."""
        (person,) = (one for one in self.world.access.people.all() if one.login == login)
        mark = f"training.{self.name(account)}"
        drawn = draw_test(random.Random(self.world.access.marks.of(person.id, mark)[person.id, mark]), "en")
        at = [order.index(one.right) + 1 for one, order in drawn]
        return {f"q{n}": str(place if n <= right else place % 3 + 1) for n, place in enumerate(at, 1)}


@contextmanager
def open_office(base: Path, place: Path) -> Iterator[Office]:
    """base: a folder of `make_directory`, of which a copy is made in another one."""
    shutil.copytree(base / "ledger", place / "ledger")
    with open_world(place) as world:
        yield Office(world, place / "ledger")
