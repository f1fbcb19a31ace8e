"""The kernel against the same rules in plain Python: each names the same template for every read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given

from tests.detect.explain.worlds import Drawn, by_kernel, by_rows, judged_worlds
from tests.detect.making import CHINA, quiet
from tests.effort import examples
from wayseal import store
from wayseal.detect.explain import OWN_TICKET, UNEXPLAINED, UNKNOWN, Template, TemplateKind, load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.reasons import explain_pair
from wayseal.detect.reasons._judge import classify, is_early, try_templates
from wayseal.detect.reasons._world import parcel_of, world_of
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal_sim import preset, simulate


@examples(100)
@given(drawn=judged_worlds())
def test_kernel_and_rows_name_the_same_template(drawn: tuple[Drawn, tuple[Template, ...]]) -> None:
    """All templates together, then each alone, so that none hides behind another."""
    world, ordered = drawn
    assert by_kernel(world, ordered) == by_rows(world, ordered)
    for template in ordered:
        assert by_kernel(world, (template,)) == by_rows(world, (template,)), template


def test_a_simulated_courier_read_by_read_through_the_ledger(tmp_path: Path) -> None:
    """What the facts keep as suspects is what plain Python finds no work behind; nothing else."""
    simulate(tmp_path / "w", preset("tiny", accesses=15_000, noise=0.1, insiders="steady"), seed=4)
    ingest(store.open_source(tmp_path / "w" / "dataset"), tmp_path / "L")
    templates = load_templates(None)
    with open_ledger(tmp_path / "L") as snapshot:
        keys = snapshot.control(80)
        suspects = update_facts(snapshot, None, templates, CHINA, quiet).suspects
        some = suspects.filter(pc.is_in(suspects["waybill"], pa.array(keys)))
        names = (snapshot.names(kind, some[kind].to_numpy()) for kind in ("waybill", "actor"))
        values = zip(some["why"].to_pylist(), some["early"].to_pylist(), strict=True)
        kept = dict(zip(zip(*names, strict=True), values, strict=True))
        found = unexplained(snapshot, keys, templates)
        assert found == kept
        assert len(kept) > 20
        assert len({why for why, _ in kept.values()}) > 1
        for (waybill, actor), (why, soon) in list(kept.items())[:10]:
            first = explain_pair(snapshot, actor, waybill, templates).reads[0]
            said = {"unexplained": UNEXPLAINED, "unknown": UNKNOWN}.get(first.verdict)
            assert (templates.index(first.steps[-1].template) if said is None else said, first.early) == (why, soon)


def unexplained(
    snapshot: Snapshot, keys: npt.NDArray[np.uint64], templates: Sequence[Template]
) -> dict[tuple[str, str], tuple[int, bool]]:
    """(why, early) of the first reads of some waybills that no mandate and nobody else's strong word explains."""
    known = world_of(snapshot.actors(), snapshot.outlets(), snapshot.assignments())
    reads = snapshot.reads(keys, ("waybill", "at", "actor", "action", "first"))
    actors = snapshot.names("actor", reads["actor"].to_numpy())
    tables = ("waybills", "scans", "tickets")
    parcels = {k: parcel_of(*(snapshot.table(n, np.array([k])) for n in tables)) for k in keys.tolist()}
    numbers = dict(zip(keys.tolist(), snapshot.names("waybill", keys), strict=True))
    columns = (reads[n].cast("int64") if n == "at" else reads[n] for n in ("waybill", "at", "action", "first"))
    rows = zip(*(c.to_pylist() for c in columns), actors, strict=True)
    out = {}
    for key, at, action, first, actor in rows:
        found = try_templates(at, action or "", known.account(actor), parcels[key], known, templates)
        said = classify(found, parcels[key])
        own = said == "strong" and found[-1].template.by is TemplateKind.TICKET
        if first and own:
            out[numbers[key], actor] = OWN_TICKET, False
        elif first and said in {"weak", "unexplained", "unknown"}:
            why = {"unexplained": UNEXPLAINED, "unknown": UNKNOWN}.get(said)
            why = templates.index(found[-1].template) if why is None else why
            out[numbers[key], actor] = why, why >= UNEXPLAINED and is_early(at, parcels[key])
    return out
