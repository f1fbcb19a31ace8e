"""Templates and words of the gate's pages: everything escaped, in the reader's language, and no script.

1. What finds nothing is one page, whatever was asked; of what was typed, the number alone comes back.
2. Of an event its kind, time and city are shown; a kind that isn't known here is none of the public's.
"""

from collections.abc import Mapping
from importlib import resources
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from wayseal.gate.settings import GateSettings
from wayseal.model.messages import N_
from wayseal.model.times import clock_name, iso, stamp
from wayseal.numbers.tracking import Tracked, TrackedEvent
from wayseal.page.environment import make_environment
from wayseal.page.languages import LANGS, Lang, pick_lang
from wayseal.page.words import Translator
from wayseal.service.assets import Assets

KINDS: Mapping[str, str] = {
    "pickup": N_("Picked up"),
    "arrive": N_("Arrived"),
    "depart": N_("Left"),
    "out_for_delivery": N_("Out for delivery"),
    "delivered": N_("Delivered"),
    "returned": N_("Going back to the sender"),
    "problem": N_("Held up"),
}
_CSS = "text/css; charset=utf-8"


def read_assets() -> Assets:
    """The files to which pages refer."""
    shared, own = resources.files("wayseal.page").joinpath("templates"), resources.files("wayseal.gate")
    return Assets(
        (shared, {"tokens.css": _CSS, "public.css": _CSS}),
        (own.joinpath("static"), {"gate.css": _CSS, "icon.svg": "image/svg+xml"}),
    )


def public_events(found: Tracked) -> list[TrackedEvent]:
    """The events that are shown, oldest first (rule 2)."""
    return [one for one in found.events if one.kind in KINDS]


def lang_of(request: Request) -> Lang:
    """The language that the address names, else the browser's; it is kept nowhere."""
    return pick_lang(request.query_params.get("lang"), request.headers.get("accept-language", ""), "zh")


class Renderer:
    """Makes pages."""

    def __init__(self, assets: Mapping[str, str], settings: GateSettings) -> None:
        self._templates = {}
        for lang in LANGS:
            made = make_environment("wayseal.gate", lang, assets)
            text = Translator(lang, html=True).gettext
            made.globals.update(_=text, settings=settings, kinds=KINDS, iso=iso, stamp=stamp, zone=clock_name())
            self._templates[lang] = {
                name: made.get_template(f"{name}.html.j2") for name in ("track", "courier", "error")
            }

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page. values: what its template asks for."""
        lang, path = lang_of(request), request.scope["path"]
        others = [(one, f"{path}?lang={one}") for one in LANGS if one != lang] if request.method == "GET" else []
        found = self._templates[lang][template].render(page=template, others=others, **values)
        return Response(found, status, media_type="text/html")
