"""`wayseal market learn`: what decisions teach the reading, shown, put in force, taken back."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from wayseal.cli._case_view import clock_time, now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.market import MARKET_TEXTS
from wayseal.cli.market._view import SHORT, MarketArgument
from wayseal.market.crawling.learning import Change, Taught, put_in_force, take_back, teach
from wayseal.market.log import open_market
from wayseal.market.log.views import LearntRow
from wayseal.market.masks import mask_text
from wayseal.market.reading.learning import Figures
from wayseal.market.types import FLAGGED
from wayseal.model.messages import filled
from wayseal.page import numbers
from wayseal.page.languages import translator
from wayseal.page.visible import shorten, visible

_MOST = 50
_MARK = 12
"""Of a digest, as it is told."""


def learn(
    market: MarketArgument,
    apply: Annotated[bool, typer.Option("--apply", help="Put it in force for looks from now on, on record.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back what is in force, on record: what was before it holds again.")
    ] = False,
    who: Annotated[
        str | None,
        typer.Option(
            "--who",
            help="Who does it: a line of up to 200 characters that stays in the record.",
            show_default="needed with `--apply` and `--undo`",
        ),
    ] = None,
    why: Annotated[
        str | None,
        typer.Option("--why", help="Why, in the same way.", show_default="needed with `--apply` and `--undo`"),
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Learn from what people kept and dismissed, and show what the reading would do otherwise.

    Nothing is changed without `--apply`. What is learnt is judged on sellers that it wasn't learnt from, and refused
    unless it is better ([how](market-reading.md#learning-from-decisions)). Offers that were read stay as they were
    read.

    \b
    wayseal market learn market
    wayseal market learn market --apply --who li --why "dismissed many of one printing house"
    wayseal market learn market --undo --who li --why "misses look-ups"
    """
    if apply and undo:
        raise WrongUsageError("--apply and --undo can't go together", param_hint="--undo")
    said = {"who": (who or "").strip(), "why": (why or "").strip()}
    for name, given in said.items():
        if (apply or undo) and not given:
            raise WrongUsageError("this is needed with --apply and --undo", param_hint=f"--{name}")
    words, translate = MARKET_TEXTS[lang], translator(lang)
    with open_market(market) as record:
        if undo:
            was, now = take_back(record, **said, at=now_us())
            if format is OutputFormat.JSON:
                typer.echo(json.dumps({"taken_back": _standing(was), "in_force": _standing(now)}, ensure_ascii=False))
                return
            typer.echo(filled(words["learn_taken_back"], translate, **_told(was)))
            typer.echo(_in_force(now, lang))
            return
        with progress_bars(quiet) as progress:
            taught = teach(record, progress)
        if format is OutputFormat.JSON:
            typer.echo(json.dumps(_json(taught, lang), ensure_ascii=False, indent=1))
        else:
            for line in _lines(taught, lang):
                typer.echo(line)
        if apply:
            put_in_force(record, taught, **said, at=now_us())
        if format is OutputFormat.TEXT and taught.refused is None:
            typer.echo(words["learn_applied" if apply else "learn_nothing_changed"])


def _lines(taught: Taught, lang: Lang) -> Iterator[str]:
    words, translate, lesson = MARKET_TEXTS[lang], translator(lang), taught.lesson
    counts = {"kept": lesson.kept, "dismissed": lesson.dismissed, "sellers": lesson.groups, "words": taught.words}
    yield filled(words["learn_decisions"], translate, **counts)
    if lesson.contradicting:
        ids = ", ".join(map(visible, lesson.contradicting[:_MOST]))
        more = " …" if len(lesson.contradicting) > _MOST else ""
        yield filled(words["learn_contradicting"], translate, offers=len(lesson.contradicting), ids=ids + more)
    if taught.gone:
        yield filled(words["learn_gone"], translate, offers=taught.gone)
    if lesson.before is not None and lesson.after is not None:
        yield words["learn_judged"]
        for key, one in (("learn_before", lesson.before), ("learn_after", lesson.after)):
            yield filled(words[key], translate, **asdict(one))
    yield _in_force(taught.in_force, lang)
    if taught.outdated:
        yield words["learn_outdated"]
    if lesson.correction is not None:
        more_seen = sum(_up(one) for one in taught.changes)
        less = len(taught.changes) - more_seen
        yield filled(words["learn_changes"], translate, offers=taught.offers, more=more_seen, less=less)
    for change in taught.changes[:_MOST]:
        yield _change(change, lang)
    if len(taught.changes) > _MOST:
        yield filled(words["learn_more"], translate, offers=len(taught.changes) - _MOST)
    if taught.refused is not None:
        yield filled(words["learn_refused"], translate, why=taught.refused)


def _up(change: Change) -> bool:
    """Whether an offer would be looked at that isn't now."""
    return change.after.kind in FLAGGED


def _change(change: Change, lang: Lang) -> str:
    words, row = MARKET_TEXTS[lang], change.offer
    return filled(
        words["learn_change"],
        offer=visible(row.offer),
        before=words[f"kind_{change.before.kind}"],
        was=numbers.percent(change.before.probability),
        after=words[f"kind_{change.after.kind}"],
        will=numbers.percent(change.after.probability),
        text=visible(shorten(mask_text(" ".join(row.said.split())), SHORT)),
    )


def _in_force(row: LearntRow | None, lang: Lang) -> str:
    words = MARKET_TEXTS[lang]
    return (
        words["learn_model_alone"] if row is None else filled(words["learn_in_force"], translator(lang), **_told(row))
    )


def _told(row: LearntRow) -> dict[str, Any]:
    return {
        "at": clock_time(row.at),
        "who": visible(row.who),
        "decisions": row.body["kept"] + row.body["dismissed"],
        "digest": row.body["digest"][:_MARK],
    }


def _standing(row: LearntRow | None) -> dict[str, Any] | None:
    """What is in force, for programs: without its weights."""
    if row is None:
        return None
    names = ("digest", "base", "kept", "dismissed", "sellers", "f1")
    return {"line": row.seq, "at": row.at, "who": row.who, "why": row.why, **{name: row.body[name] for name in names}}


def _figures(figures: Figures | None) -> dict[str, float] | None:
    return None if figures is None else {name: round(value, 4) for name, value in asdict(figures).items()}


def _json(taught: Taught, lang: Lang) -> dict[str, Any]:
    lesson = taught.lesson
    return {
        "decisions": {"kept": lesson.kept, "dismissed": lesson.dismissed, "sellers": lesson.groups},
        "left_out": {"contradicting": lesson.contradicting, "gone": taught.gone},
        "words": taught.words,
        "before": _figures(lesson.before),
        "after": _figures(lesson.after),
        "digest": None if lesson.correction is None else lesson.correction.digest,
        "refused": None if taught.refused is None else taught.refused.fill(translator(lang)),
        "in_force": _standing(taught.in_force),
        "outdated": taught.outdated,
        "offers": taught.offers,
        "changes": [
            {
                "offer": one.offer.offer,
                "text": mask_text(one.offer.said),
                **{
                    name: {"kind": said.kind.value, "probability": round(said.probability, 4)}
                    for name, said in (("before", one.before), ("after", one.after))
                },
            }
            for one in taught.changes
        ],
    }
