"""A report as one self-contained page: no scripts, nothing loaded from elsewhere."""

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from wayseal.trace.page._blocks import Document
from wayseal.trace.report._messages import Lang

_HTML_LANG = {"zh": "zh-CN", "en": "en"}
_STYLE = ("wayseal.trace.report", "report.css")


def render_page(document: Document, lang: Lang) -> str:
    """The whole report as one page in the style of the other reports."""
    style = _read(*_STYLE)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        page=document,
        html_lang=_HTML_LANG[lang],
        style=Markup(style),  # noqa: S704 (our own style sheet)
        style_hash=f"sha256-{digest}",
    )


@cache
def _read(package: str, name: str) -> str:
    return resources.files(package).joinpath("templates", name).read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(lambda name: _read(__package__, name)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.j2")
