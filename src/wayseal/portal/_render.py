"""Templates and words of the portal's pages: everything escaped, in the reader's language, and no script.

1. Whatever isn't markup of ours is escaped; what hides in a text, or turns what stands around it, is made visible.
2. Texts stand where they are said: `_("…")`.
"""

from collections.abc import Mapping
from functools import partial
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from wayseal.page.languages import LANGS, Lang, word
from wayseal.page.visible import written
from wayseal.page.words import Translator
from wayseal.portal.settings import PortalSettings
from wayseal.service.assets import Assets

HTML_LANG = {"zh": "zh-CN", "en": "en"}
_CSS = "text/css; charset=utf-8"


def read_assets() -> Assets:
    """The files to which pages refer."""
    own, reports = resources.files("wayseal.portal"), resources.files("wayseal.page")
    return Assets(
        (reports.joinpath("templates"), {"tokens.css": _CSS}),
        (own.joinpath("static"), {"portal.css": _CSS, "icon.svg": "image/svg+xml"}),
    )


class Renderer:
    """Makes pages."""

    def __init__(self, assets: Mapping[str, str], settings: PortalSettings) -> None:
        self._environments = {lang: _environment(lang, assets, settings) for lang in LANGS}

    def page(self, template: str, lang: Lang, **values: Any) -> str:
        """A page. values: what its template asks for."""
        return self._environments[lang].get_template(f"{template}.html.j2").render(**values)


def _environment(lang: Lang, assets: Mapping[str, str], settings: PortalSettings) -> Environment:
    made = Environment(
        loader=PackageLoader("wayseal.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        _=Translator(lang, html=True).gettext,
        worded=partial(word, lang=lang),
        lang=lang,
        html_lang=HTML_LANG[lang],
        assets=assets,
        settings=settings,
    )
    made.filters["written"] = written
    return made
