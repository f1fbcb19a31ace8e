"""Which column of a foreign list of bought or found numbers is which column of the table `leaks`.

Rules: times by their names; one time alone is when the number was seen. Everything else as for logs (`_guess`).
"""

from collections.abc import Mapping

from wayseal.store._guess import Columns, Guess, best_column, like_number, name_score, present, time_format


def guess_leaks(columns: Columns) -> dict[str, Guess]:
    """What can be guessed of the table `leaks`; columns that nothing speaks for are left out."""
    times = _times(columns)
    found = _by_name(times)
    if "seen_at" not in found:
        rest = [g for n, g in times.items() if n not in {c for f in found.values() for c in f.columns}]
        if len(rest) == 1:
            found["seen_at"] = rest[0]
    free = {n: v for n, v in columns.items() if n not in times}
    for target, content in (("waybill", like_number), ("seller", None), ("found_by", None), ("asked", None)):
        best = best_column(target, free, content)
        if best is not None:
            found[target] = best
            free.pop(best.columns[0])
    return found


def _times(columns: Columns) -> dict[str, Guess]:
    """Columns that hold times; counted ones (seconds since 1970) only where their name says so."""
    out = {}
    for name, values in columns.items():
        made = time_format(present(values))
        told = any(name_score(target, name) for target in ("seen_at", "asked_at", "absent_at"))
        if made is not None and (told or not made[0].startswith(("epoch", "%Y%m%d"))):
            out[name] = Guess(columns=(name,), by_name=False, format=made[0], naive=made[1], share=made[2])
    return out


def _by_name(times: Mapping[str, Guess]) -> dict[str, Guess]:
    out: dict[str, Guess] = {}
    free = dict(times)
    for target in ("asked_at", "absent_at", "seen_at"):
        scored = [(name_score(target, name), -at, name) for at, name in enumerate(free)]
        score, _, name = max(scored, default=(0.0, 0, ""))
        if score:
            made = free.pop(name)
            out[target] = Guess(columns=(name,), by_name=True, format=made.format, naive=made.naive, share=made.share)
    return out
