"""`wayseal canary list`: every canary and what it tells."""

from collections.abc import Iterator

import typer

from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._words.canary import CANARY_TEXTS
from wayseal.cli.canary._view import RegisterArgument, Words, belief_lines, join_names, warn_unread_lines
from wayseal.model.times import stamp
from wayseal.page.visible import visible
from wayseal.trace.canary import RegisterState, read_state, to_json


def list_(
    register: RegisterArgument,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Every canary, who was to meet it, what became of it, and the probability of each account now.

    \b
    wayseal canary list canaries.jsonl
    """
    state = read_state(register)
    warn_unread_lines(state.watch.unread, register, lang)
    if format is OutputFormat.JSON:
        typer.echo(to_json(state))
        return
    words = CANARY_TEXTS[lang]
    for line in (*canary_lines(state, words), *belief_lines(state, words)):
        typer.echo(line)


def canary_lines(state: RegisterState, words: Words) -> Iterator[str]:
    """Every canary with its answer."""
    for canary in state.watch.canaries:
        answer = state.watch.answer(canary.id)
        said = words["waiting"] if answer is None else words[answer.kind].format(at=stamp(answer.at))
        yield words["line"].format(
            id=canary.id,
            waybill=visible(canary.waybill),
            round=canary.round,
            answer=said,
            pool=join_names(canary.pool),
        )
