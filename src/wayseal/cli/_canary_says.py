"""Canaries and what they tell, in words."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from wayseal.model.times import iso
from wayseal.page.visible import visible
from wayseal.trace.canary import ENOUGH, State

Words = Mapping[str, str]
SHOWN = 10


def planned_lines(state: State, asked: int, path: Path, words: Words) -> Iterator[str]:
    """What is to be created, and for whom."""
    if not state.new:
        yield words["none_new"]
        return
    for canary in state.new:
        row = canary.row
        yield words["create"].format(id=canary.id, waybill=row.waybill, issued=iso(row.issued_at))
        yield words["row"].format(
            channel=visible(row.channel),
            origin=visible(row.origin_outlet),
            destination=visible(row.destination_outlet),
            customer=visible(row.customer) if row.customer else words["nothing"],
            goods=visible(row.goods_class) if row.goods_class else words["nothing"],
            weight=words["nothing"] if row.weight_g is None else f"{row.weight_g} g",
        )
        yield words["show"].format(pool=_names(canary.pool))
    yield words["planned"].format(count=len(state.new), asked=asked, path=path)
    if len(state.new) < asked:
        yield words["fewer"]


def canary_lines(state: State, words: Words) -> Iterator[str]:
    """Every canary with its answer."""
    for canary in state.watch.canaries:
        answer = state.watch.answer(canary.id)
        said = words["waiting"] if answer is None else words[answer.kind].format(at=iso(answer.at))
        yield words["line"].format(
            id=canary.id, waybill=visible(canary.row.waybill), round=canary.round, answer=said, pool=_names(canary.pool)
        )


def belief_lines(state: State, words: Words) -> Iterator[str]:
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


def _names(pool: tuple[str, ...]) -> str:
    return ", ".join(visible(name) for name in pool)
