"""What a monitoring system should know: counts alone, no account and no waybill, in Prometheus' text format."""

from wayseal.detect._result import DetectResult


def metrics(result: DetectResult) -> str:
    """A textfile for node_exporter's textfile collector."""
    r = result
    rows = [
        ("wayseal_detect_cases", "Cases of the window.", {"": len(r.cases)}),
        ("wayseal_detect_cases_worth", "Of these, cases that are worth acting on.", {"": len(r.worth)}),
        (
            "wayseal_detect_expected_loss",
            "Parcels a day that are expected to be lost by all cases together.",
            {"": round(sum(c.expected_loss for c in r.cases))},
        ),
        ("wayseal_detect_cases_held", "Cases that found no room in the budget.", {"": r.held}),
        ("wayseal_detect_accounts", "Accounts that read.", {"": r.accounts}),
        ("wayseal_detect_reads", "Reads of the window.", {"": r.reads}),
        (
            "wayseal_detect_first_reads",
            "First reads of the window, by what explains them.",
            {
                f'{{by="{name}"}}': n
                for name, n in (
                    ("work", r.first_reads.explained),
                    ("mandate", r.first_reads.mandate),
                    ("territory", r.first_reads.learnt),
                    ("responsibility", r.first_reads.weak),
                    ("unknown_waybill", r.first_reads.unknown),
                    ("nothing", r.first_reads.unexplained),
                )
            },
        ),
        ("wayseal_detect_enough_judged", "1 where enough could be judged, else 0.", {"": int(r.judged.enough)}),
        ("wayseal_detect_not_judged", "Things that could not be judged.", {"": len(r.not_judged)}),
    ]
    if r.until > r.since:
        end = {"": r.until // 1_000_000}
        rows.append(("wayseal_detect_window_end_seconds", "End of the window, seconds since 1970.", end))
    lines = []
    for name, help_, values in rows:
        lines += [f"# HELP {name} {help_}", f"# TYPE {name} gauge"]
        lines += [f"{name}{labels} {value}" for labels, value in values.items()]
    return "\n".join(lines) + "\n"
