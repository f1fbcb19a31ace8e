"""A page out of a template: one style sheet, whose hash is all that the page's policy lets through."""

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from wayseal.page.languages import Lang

_HTML_LANG = {"zh": "zh-CN", "en": "en"}


def render_template(package: str, name: str, lang: Lang, **values: object) -> str:
    """Fills a template of a package; everything that is no Markup is escaped.

    Args:
        package: Where the template lies.
        name: Its file.
        lang: Language of the page.
        **values: What the template names.

    Returns:
        The page.
    """
    style = _read(__package__, "page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template(package, name).render(
        html_lang=_HTML_LANG[lang],
        style=Markup(style),  # noqa: S704 (our own style sheet)
        style_hash=f"sha256-{digest}",
        **values,
    )


@cache
def _read(package: str, name: str) -> str:
    return resources.files(package).joinpath("templates", name).read_text("utf-8")


@cache
def _template(package: str, name: str) -> Template:
    environment = Environment(
        loader=FunctionLoader(lambda wanted: _read(package, wanted)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
