"""One read, judged by one template after the other, with what came nearest where none fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wayseal.detect.explain import By, Template
from wayseal.detect.reasons._explanations import FAR, Ground, grounds
from wayseal.detect.reasons._world import Account, Parcel, World


class How(StrEnum):
    """What came of trying a template.

    fits: it explains the read. early, late: the read lies before or after the time for which it would. post: what
    concerns the account did so at another time. other: it concerns somebody else. nothing: there is nothing of the
    kind. role, kind, right, action: the template is not for this account or read.
    """

    FITS = "fits"
    EARLY = "early"
    LATE = "late"
    POST = "post"
    OTHER = "other"
    NOTHING = "nothing"
    ROLE = "role"
    KIND = "kind"
    RIGHT = "right"
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A template that was tried: how it went, and the ground that fits or comes nearest (None: there is none)."""

    template: Template
    how: How
    ground: Ground | None = None


def tried(
    at: int, action: str, account: Account, parcel: Parcel, world: World, templates: Sequence[Template]
) -> tuple[Tried, ...]:
    """The templates in their order, up to the first that fits. at: µs; action: "" where the log doesn't say."""
    out: list[Tried] = []
    for template in templates:
        out.append(_one(at, action, account, parcel, world, template))
        if out[-1].how is How.FITS:
            break
    return tuple(out)


def _one(at: int, action: str, account: Account, parcel: Parcel, world: World, template: Template) -> Tried:
    if (how := _not_for(action, account, template)) is not None:
        return Tried(template=template, how=how)
    found = list(grounds(template, account, parcel, world))
    for ground in found:
        if ground.explains(at):
            return Tried(template=template, how=How.FITS, ground=ground)
    if not found:
        return Tried(template=template, how=How.NOTHING)
    nearest = min(found, key=lambda ground: _distance(ground, at))
    return Tried(template=template, how=_missing(nearest, at), ground=nearest)


def _not_for(action: str, account: Account, template: Template) -> How | None:
    """Why a template is not for an account or a read; None where it is for both."""
    if template.roles and account.role not in template.roles:
        return How.ROLE
    if template.kinds and account.kind not in template.kinds:
        return How.KIND
    if template.rights and not template.rights & account.rights:
        return How.RIGHT
    return How.ACTION if template.actions and action not in template.actions else None


def _distance(ground: Ground, at: int) -> tuple[bool, bool, int, int]:
    """What is nearer comes first: what concerns the account, then what does so at that time, then by time."""
    off_post = ground.post is not None and not ground.post.holds(at)
    return not ground.mine, off_post, abs(ground.off(at)), abs(at - int(ground.values.get("at", FAR)))


def _missing(ground: Ground, at: int) -> How:
    """What keeps a ground from explaining the read."""
    if not ground.mine:
        return How.OTHER
    if ground.post is not None and not ground.post.holds(at):
        return How.POST
    return How.EARLY if ground.off(at) < 0 else How.LATE


def early(at: int, parcel: Parcel) -> bool:
    """Whether a read came before the parcel's first scan."""
    return bool(parcel.scans) and at < min(scan.at for scan in parcel.scans)


def verdict(found: Sequence[Tried], parcel: Parcel) -> str:
    """mandate, strong, weak, unexplained or unknown (obligation 6 of the kernel)."""
    if found and found[-1].how is How.FITS:
        template = found[-1].template
        if template.by is By.MANDATE:
            return "mandate"
        return "strong" if template.strong else "weak"
    return "unexplained" if parcel.known else "unknown"
