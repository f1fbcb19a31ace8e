"""An account judged in the middle of a day: at its end, what the batch run says (rule 3 of the module)."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.watched import Watched
from wayseal.detect import Options
from wayseal.detect._score import find_odds, probability
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import Facts, update_facts
from wayseal.detect.intraday import Intraday, Judgement, prepare
from wayseal.ledger import Snapshot, open_ledger

OFFSET = 8 * 3_600_000_000
DAY = 86_400_000_000


@pytest.fixture(scope="module")
def prepared(watched: Watched) -> tuple[Intraday, Facts, Snapshot]:
    """A world on its last day, and its facts."""
    snapshot = open_ledger(watched.ledger)
    limits = prepare(snapshot, Options(offset=OFFSET))
    assert limits is not None
    return limits, update_facts(snapshot, None, load_templates(None), OFFSET, lambda *_: None), snapshot


def judged(prepared: tuple[Intraday, Facts, Snapshot], row: int, share: float = 1.0) -> Judgement | None:
    """An account of the view by a share of its reads of the last day, the first ones; None: it has none."""
    limits, facts, snapshot = prepared
    view = limits.view
    rows = facts.suspects
    mine = (rows["actor"].to_numpy() == view.keys[row]) & ((rows["at"].to_numpy() + OFFSET) // DAY == limits.day)
    if not mine.any():
        return None
    today = rows.filter(pa.array(mine)).sort_by("at")
    today = today.slice(0, max(1, int(share * len(today))))
    columns = {name: today[name].to_numpy() for name in today.column_names}
    count = int((view.first - view.mandate)[row, -1])
    return limits.judge(int(view.keys[row]), columns, snapshot.numbers(columns["waybill"]), count)


def test_at_the_days_end_it_says_what_the_batch_run_says(prepared: tuple[Intraday, Facts, Snapshot]) -> None:
    signals = prepared[0].signals
    odds = find_odds(signals.values)[:, -1]
    pairs = [
        (probability(float(said)), found.probability)
        for actor, said in zip(signals.actors.tolist(), odds, strict=True)
        if (found := judged(prepared, actor)) is not None
    ]
    assert len(pairs) >= 15
    batch, now = np.array(pairs).T
    assert np.abs(batch - now).max() < 0.05
    assert ((batch >= 0.5) == (now >= 0.5)).all()
    assert (batch >= 0.5).sum() >= 3


def test_more_reads_make_nothing_less_probable(prepared: tuple[Intraday, Facts, Snapshot]) -> None:
    said = prepared[0].signals.actors.tolist()
    for actor in said:
        found = [one for share in (0.2, 0.5, 1.0) if (one := judged(prepared, actor, share)) is not None]
        assert all(b.probability >= a.probability - 0.05 for a, b in pairwise(found))


def test_a_stranger_is_judged_by_what_it_reads_alone(prepared: tuple[Intraday, Facts, Snapshot]) -> None:
    limits, facts, snapshot = prepared
    strong = facts.suspects.filter(pa.array(facts.suspects["why"].to_numpy() == 254)).slice(0, 400).sort_by("at")
    columns = {name: strong[name].to_numpy() for name in strong.column_names}
    numbers = snapshot.numbers(columns["waybill"])
    few = limits.judge(12345, {name: values[:2] for name, values in columns.items()}, numbers[:2], 2)
    many = limits.judge(12345, columns, numbers, 400)
    assert few is not None
    assert many is not None
    assert few.probability < many.probability
    assert not few.worth
    assert many.worth
