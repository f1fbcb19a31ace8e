"""A console with a casebook: cases of detection, people who work on them, and what a page says."""

import re
from html import unescape
from pathlib import Path

from httpx import Client, Response

from tests.console.world import World, text
from wayseal.cases import Cases
from wayseal.cases.types import Alert, CaseState, Observable, ObservableKind, Source
from wayseal.console import Role

DAY = 86_400_000_000
NAMES = ("courier-7", "clerk<b>9", "王芳\u202e")
HOSTILE = "<script>alert(1)</script>\u202e=cmd|' /C calc'!A0"
PLAIN_HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
"""What a single line takes."""
DETECTORS = ("number_walks", "new_device_or_address")


class Bench:
    """World, casebook, and browsers of an analyst, an investigator and a second analyst."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        folder.parent.mkdir(exist_ok=True)
        world.give_cases(folder)
        for login, role in (("ann", Role.ANALYST), ("bo", Role.ANALYST), ("chen", Role.INVESTIGATOR)):
            world.person(login, role)

    @property
    def cases(self) -> Cases:
        return self.world.cases

    @property
    def now(self) -> int:
        return self.world.clock.at

    def alert(self, *actors: str, score: float = 0.9, parcels: float = 100.0) -> str:
        """A case of detection."""
        at = self.now - 3 * DAY
        alert = Alert(
            actors=actors or NAMES[:1],
            alerted_at=at,
            score=score,
            detectors=DETECTORS,
            parcels_a_day=parcels,
            worth=True,
        )
        return self.cases.register([alert], self.now)[0]

    def item(
        self,
        *things: tuple[ObservableKind, str],
        reason: str = "¥1 each",
        source: Source = Source.LISTING,
        since: int | None = None,
    ) -> str:
        """Something in the queue."""
        given = [Observable(kind=kind, value=value) for kind, value in things]
        return self.cases.enqueue(source, given, reason, "chen", self.now, since=since)

    def browser(self, login: str) -> Client:
        return self.world.signed_in(login)

    def state(self, case: str) -> CaseState:
        return self.cases.dossier(case).row.state


SEEN = ("state", "verdict", "answer", "assign", "snooze", "priority", "title", "merge", "unmerge", "split")


def seen(browser: Client, page: str) -> str:
    """The line that forms of a page name."""
    return (values_of(browser.get(page), "seen") or [""])[0]


def send(browser: Client, path: str, **fields: str) -> Response:
    """Sends a form, as its page gives it, and reads the page that it leads to."""
    _, place, id_, act, *_ = [*path.split("/"), "", "", ""]
    if place == "cases" and act in SEEN:
        fields = {"seen": seen(browser, f"/cases/{id_}")} | fields
    if path.startswith(("/market/offers/", "/market/sellers/", "/market/removals/")) and fields.get("act") != "undo":
        fields = {"seen": seen(browser, path)} | fields
    if place == "queue" and id_ == "items":
        fields = {"seen": seen(browser, f"/queue?at={act}")} | fields
    answer = browser.post(path, data=fields)
    return browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


def said(answer: Response) -> str:
    return text(answer)


def values_of(answer: Response, name: str) -> list[str]:
    """Values of hidden fields."""
    return [unescape(found) for found in re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', answer.text)]
