"""Canaries and what they tell, in words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang
from wayseal.cli._words.canary import CANARY_TEXTS
from wayseal.page.visible import visible
from wayseal.trace.canary import ENOUGH, RegisterState

RegisterArgument = Annotated[Path, typer.Argument(help="The register of canaries.", metavar="REGISTER", dir_okay=False)]
Words = Mapping[str, str]
SHOWN = 10


def belief_lines(state: RegisterState, words: Words) -> Iterator[str]:
    """The belief, and the verdict or the next step."""
    if not state.watch.canaries:
        yield words["empty"]
        return
    yield words["belief"]
    for name, p in list(state.belief.items())[:SHOWN]:
        yield words["share"].format(p=p, name=visible(name))
    if len(state.belief) > SHOWN:
        yield words["more"].format(count=len(state.belief) - SHOWN)
    yield words["unlisted"].format(p=max(1 - sum(state.belief.values()), 0.0))
    if state.named is not None:
        yield words["named"].format(name=visible(state.named), p=state.belief[state.named], enough=ENOUGH)
    elif state.waiting:
        yield words["wait"].format(count=state.waiting)
    else:
        yield words["next"]


def join_names(pool: tuple[str, ...]) -> str:
    return ", ".join(visible(name) for name in pool)


def warn_unread_lines(lines: tuple[int, ...], path: Path, lang: Lang) -> None:
    for line in lines:
        typer.echo(CANARY_TEXTS[lang]["unread"].format(path=path, line=line), err=True)
