"""Where templates of pages are looked up and filled in: all is escaped, and what one asks for has to be there."""

from collections.abc import Mapping
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from wayseal.page.languages import HTML_LANG, Lang, word
from wayseal.page.visible import written


def make_environment(package: str, lang: Lang, assets: Mapping[str, str]) -> Environment:
    """The templates of a package in a language. assets: the address of each file to which pages refer."""
    made = Environment(
        loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.update(worded=partial(word, lang=lang), lang=lang, html_lang=HTML_LANG[lang], assets=assets)
    made.filters["written"] = written
    return made
