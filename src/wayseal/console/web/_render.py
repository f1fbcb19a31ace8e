"""Templates and words: what a page says, in the reader's language, everything escaped; and the files it refers to.

1. Files are ours, and those of others that the lock brings.
2. Whatever isn't markup of ours is escaped: names, logins and ids come from people and logs.
3. Texts stand where they are said: `_("…")`; what codes are called, in `wayseal.console.texts`: `say("role." ~ …)`. A
   template never builds a sentence.
4. Times are shown on the console's clock, which the page names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from wayseal import __version__
from wayseal.console.access.types import Session
from wayseal.console.errors import ConsoleError
from wayseal.console.roles import (
    ADMINISTRATORS,
    ALL_ROLES,
    AUDITOR,
    AUDITORS,
    CASE_ROLES,
    FINANCE,
    LEDGER_ROLES,
    OFFICERS,
    OUTLET_MANAGERS,
    Role,
)
from wayseal.console.web._forms import MOST
from wayseal.console.web._links import href_of, linked, linked_all
from wayseal.model.times import clock, clock_name
from wayseal.page.environment import make_environment
from wayseal.page.languages import LANGS, Lang
from wayseal.page.visible import visible
from wayseal.page.words import Translator, catalogue
from wayseal.service.assets import Assets

OWN = {
    "console.css": "text/css; charset=utf-8",
    "entry.css": "text/css; charset=utf-8",
    "jobs.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "trace.css": "text/css; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "lanes.js": "text/javascript; charset=utf-8",
    "reads.css": "text/css; charset=utf-8",
    "market.css": "text/css; charset=utf-8",
    "live.css": "text/css; charset=utf-8",
    "hotline.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
REPORTS = {
    "tokens.css": "text/css; charset=utf-8",
    "pictures.css": "text/css; charset=utf-8",
}
"""What the reports' pages have too: colours and pictures are said once."""
OTHERS = {
    "bootstrap.min.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
}
"""What `scripts/front_end.py` puts into `third_party`."""


def read_assets() -> Assets:
    """The files. ConsoleError: the front end isn't there."""
    console, reports = resources.files("wayseal.console"), resources.files("wayseal.page")
    try:
        return Assets(
            (reports.joinpath("templates"), REPORTS),
            (console.joinpath("static"), OWN),
            (console.joinpath("third_party"), OTHERS),
        )
    except FileNotFoundError as error:
        raise ConsoleError(
            "the console's front end ({name}) isn't there: run `make setup-console` in the checkout",
            name=Path(error.filename).name,
        ) from None


_CODE = re.compile("`([^`]+)`")
THEMES = ("auto", "light", "dark")
HTMX = '{"allowEval":false,"includeIndicatorStyles":false,"historyCacheSize":0,"selfRequestsOnly":true}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page of the menu. key: pressed after g."""

    code: str
    path: str
    key: str
    roles: frozenset[Role]


PLACES = (
    Place(code="overview", path="/", key="o", roles=ALL_ROLES),
    Place(code="inbox", path="/inbox", key="i", roles=LEDGER_ROLES),
    Place(code="live", path="/live", key="v", roles=LEDGER_ROLES),
    Place(code="hotline", path="/hotline", key="h", roles=OFFICERS),
    Place(code="rewards", path="/rewards", key="f", roles=FINANCE),
    Place(code="queue", path="/queue", key="q", roles=CASE_ROLES),
    Place(code="cases", path="/cases", key="c", roles=CASE_ROLES),
    Place(code="trace", path="/trace", key="t", roles=CASE_ROLES),
    Place(code="waybills", path="/waybills", key="w", roles=CASE_ROLES),
    Place(code="bulletins", path="/bulletins", key="n", roles=CASE_ROLES),
    Place(code="market", path="/market", key="k", roles=LEDGER_ROLES),
    Place(code="jobs", path="/jobs", key="r", roles=LEDGER_ROLES),
    Place(code="ledger", path="/ledger", key="l", roles=LEDGER_ROLES),
    Place(code="rights", path="/rights", key="e", roles=LEDGER_ROLES),
    Place(code="outlets", path="/outlets", key="u", roles=CASE_ROLES),
    Place(code="partners", path="/partners", key="b", roles=LEDGER_ROLES),
    Place(code="parcels", path="/parcels", key="x", roles=CASE_ROLES),
    Place(code="training", path="/training", key="y", roles=AUDITORS | OUTLET_MANAGERS),
    Place(code="people", path="/people", key="p", roles=ADMINISTRATORS),
    Place(code="acts", path="/acts", key="a", roles=AUDITORS),
    Place(code="case_acts", path="/acts/cases", key="d", roles=AUDITOR),
    Place(code="hotline_acts", path="/acts/hotline", key="z", roles=AUDITOR),
    Place(code="rules", path="/rules", key="s", roles=ADMINISTRATORS),
    Place(code="account", path="/account", key="m", roles=ALL_ROLES),
)


_SUBJECTS = {"account": "/accounts", "device": "/devices", "outlet": "/outlets"}


class Renderer:
    """Makes pages."""

    def __init__(self, assets: Mapping[str, str]) -> None:
        self._environments = {lang: _environment(lang, assets) for lang in LANGS}

    def page(self, template: str, *, lang: Lang, theme: str, session: Session | None, **values: Any) -> str:
        """A page. values: what its template asks for."""
        return (
            self._environments[lang]
            .get_template(f"{template}.html.j2")
            .render(
                theme=theme,
                session=session,
                places=() if session is None else [p for p in PLACES if session.person.role in p.roles],
                **values,
            )
        )


def _environment(lang: Lang, assets: Mapping[str, str]) -> Environment:
    """Templates in a language."""
    translator = translator_of(lang)
    made = make_environment("wayseal.console", lang, assets)
    made.globals.update(
        _=partial(_gettext, translator),
        say=partial(_say, translator),
        translator=translator,
        linked=linked,
        linked_all=linked_all,
        htmx=HTMX,
        most_form=MOST,
        href_of=href_of,
        version=__version__,
        langs=LANGS,
        themes=THEMES,
        zone=clock_name(),
    )
    made.filters.update(clock=_clock, day=_day, seen=visible)
    return made


def _clock(us: int | None) -> Markup:
    """A time as the reader's clock shows it."""
    if us is None:
        return Markup("—")
    at = datetime.fromtimestamp(us / 1e6, UTC)
    shown = at.astimezone(clock()).strftime("%Y-%m-%d %H:%M")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), shown)


def _day(us: int | None) -> str:
    return "—" if us is None else datetime.fromtimestamp(us / 1e6, UTC).astimezone(clock()).strftime("%Y-%m-%d")


def as_code(said: str) -> Markup:
    """Return what a translator of pages wrote; what stands between backticks in it is code.

    The pattern gets a plain text: pieces of a `Markup` would be escaped once more when they are joined.
    """
    return Markup(_CODE.sub(r"<code>\1</code>", "".join(said)))  # noqa: S704 (the translator escaped all else)


def _say(translator: Translator, code: str, /, **values: object) -> Markup:
    return as_code(translator.say(code, **values))


def _gettext(translator: Translator, text: str, /, *, context: str = "", **values: object) -> Markup:
    return as_code(translator.gettext(text, context=context, **values))


@cache
def translator_of(lang: Lang, *, html: bool = True) -> Translator:
    """The translator of the console's texts; without html for pictures and files."""
    return Translator(lang, html=html, more=catalogue(lang, "wayseal.console"))
