"""One read, judged by one template after the other, with what came nearest where none fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wayseal.detect.explain import Template, TemplateKind
from wayseal.detect.reasons._explanations import FAR, Explanation, possible_explanations
from wayseal.detect.reasons._world import Account, Parcel, World


class Outcome(StrEnum):
    """What came of trying a template.

    fits: it explains the read. early, late: the read lies before or after the time for which it would. post: what
    concerns the account did so at another time. other: it concerns somebody else. nothing: there is nothing of the
    kind. role, kind, right, action: the template is not for this account or read. common: the right says nothing, since
    too many hold it.
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
    COMMON = "common"
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A template that was tried: how it went, and the ground that fits or comes nearest (None: there is none)."""

    template: Template
    how: Outcome
    explanation: Explanation | None = None


def try_templates(
    at: int, action: str, account: Account, parcel: Parcel, world: World, templates: Sequence[Template]
) -> tuple[Trial, ...]:
    """The templates in their order, up to the first that fits. at: µs; action: "" where the log doesn't say."""
    out: list[Trial] = []
    for template in templates:
        out.append(_try_one(at, action, account, parcel, world, template))
        if out[-1].how is Outcome.FITS:
            break
    return tuple(out)


def _try_one(at: int, action: str, account: Account, parcel: Parcel, world: World, template: Template) -> Trial:
    if (how := _exclusion(action, account, template, world)) is not None:
        return Trial(template=template, how=how)
    found = list(possible_explanations(template, account, parcel, world))
    for explanation in found:
        if explanation.explains(at):
            return Trial(template=template, how=Outcome.FITS, explanation=explanation)
    if not found:
        return Trial(template=template, how=Outcome.NOTHING)
    nearest = min(found, key=lambda explanation: _distance(explanation, at))
    return Trial(template=template, how=_missing(nearest, at), explanation=nearest)


def _exclusion(action: str, account: Account, template: Template, world: World) -> Outcome | None:
    """Why a template is not for an account or a read; None where it is for both."""
    if template.roles and account.role not in template.roles:
        return Outcome.ROLE
    if template.kinds and account.kind not in template.kinds:
        return Outcome.KIND
    if template.rights and not template.rights & account.rights:
        return Outcome.RIGHT
    if template.by is TemplateKind.MANDATE and not (template.rights & account.rights) - world.common.keys():
        return Outcome.COMMON
    return Outcome.ACTION if template.actions and action not in template.actions else None


def _distance(explanation: Explanation, at: int) -> tuple[bool, bool, int, int]:
    """What is nearer comes first: what concerns the account, then what does so at that time, then by time."""
    off_post = explanation.post is not None and not explanation.post.holds(at)
    return not explanation.mine, off_post, abs(explanation.off(at)), abs(at - int(explanation.values.get("at", FAR)))


def _missing(explanation: Explanation, at: int) -> Outcome:
    """What keeps a ground from explaining the read."""
    if not explanation.mine:
        return Outcome.OTHER
    if explanation.post is not None and not explanation.post.holds(at):
        return Outcome.POST
    return Outcome.EARLY if explanation.off(at) < 0 else Outcome.LATE


def nearest_trial(found: Sequence[Trial], at: int) -> Trial | None:
    """Of all that was tried, what explains a read or comes nearest; None where no table has anything to do with it."""
    if found and found[-1].how is Outcome.FITS:
        return found[-1]
    some = [(_distance(one.explanation, at), place) for place, one in enumerate(found) if one.explanation is not None]
    return found[min(some)[1]] if some else None


def is_early(at: int, parcel: Parcel) -> bool:
    """Whether a read came before the parcel's first scan."""
    return bool(parcel.scans) and at < min(scan.at for scan in parcel.scans)


def classify(found: Sequence[Trial], parcel: Parcel) -> str:
    """mandate, strong, weak, unexplained or unknown (obligation 6 of the kernel)."""
    if found and found[-1].how is Outcome.FITS:
        template = found[-1].template
        if template.by is TemplateKind.MANDATE:
            return "mandate"
        return "strong" if template.strong else "weak"
    return "unexplained" if parcel.known else "unknown"
