"""What is usual among peers at the end of a window, as it was learnt.

It is kept with a version, so that a case can be held to it later. The version is a digest of the content: two runs
that learnt the same have the same.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np

from wayseal.detect._judge import Finding
from wayseal.detect._view import View
from wayseal.detect.peers import FITTED

_DIGITS = 9


def learn_baseline(view: View, findings: Sequence[Finding]) -> Mapping[str, object]:
    """Groups of peers with their role, size class and number of people; by detector what is usual on the last day.

    hours: share of the group's reads by hour of the local day. version: digest of all that.
    """
    people = np.bincount(view.group, minlength=len(view.groups))
    hours = _hours(view)
    groups = [
        {
            "role": role,
            "size": size,
            "people": int(people[g]),
            "hours": [round(float(x), 4) for x in hours[g]],
            "detectors": {f.name: _usual(f, g) for f in findings},
        }
        for g, (role, size) in enumerate(view.groups)
    ]
    content: dict[str, object] = {"last_day": view.day + view.shape[1] - 1, "groups": groups}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"version": digest[:16], **content}


def _usual(finding: Finding, group: int) -> dict[str, float]:
    names = (*FITTED, "low", "high")
    return {name: float(f"{getattr(finding.usual, name)[group, -1]:.{_DIGITS}g}") for name in names}


def _hours(view: View) -> np.ndarray:
    out = np.zeros((len(view.groups), 24))
    hours = view.hours
    clock = hours["hour"].to_numpy() % 24
    np.add.at(out, (view.group[hours["actor"].to_numpy()], clock), hours["reads"].to_numpy())
    shares: np.ndarray = out / np.maximum(out.sum(axis=1, keepdims=True), 1)
    return shares
