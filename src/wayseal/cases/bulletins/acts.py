"""Acts on bulletins, as a chained record, and what they come to.

1. What is published was approved, word for word, by somebody who wrote nothing in the bulletin, of any version: the act
   names the digest of what was read. Another text, or another figure, is another digest.
2. A published text is never changed: a correction is a new version with a public reason, which takes the same way. All
   versions stay. What was withdrawn stays as a notice, and changes no more.
3. Whoever revises names the digest of what they revise.
4. What can't be isn't in the record: `Bulletins.apply` says why, whoever wrote it.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wayseal.cases.bulletins.figures import Figure
from wayseal.cases.errors import CaseStateError
from wayseal.journal.record import Act, same_person
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, plain
from wayseal.page.languages import Lang

_OTHER = N_("somebody changed this bulletin since you read it: read it again")


class BulletinState(StrEnum):
    """How a bulletin stands. correcting, corrected: published, and a new version of it is written, or approved."""

    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"
    CORRECTING = "correcting"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """A text in both languages."""

    __pydantic_config__: ClassVar = CLOSED
    zh: Name
    en: Name

    def of(self, lang: Lang) -> str:
        """The text in one of them."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Act):
    """A text was written: a new bulletin, a version anew, or a new version of what is published.

    figures: what it quotes. reason: of a correction, for everybody. of: the digest of the text it was made of.
    """

    kind: Literal["drafted", "revised", "corrected"]
    bulletin: Name
    title: Both
    text: Both
    figures: tuple[Figure, ...] = ()
    reason: Both | None = None
    of: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says."""
        return hashlib.sha256(json.dumps(plain(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Act):
    """Somebody approved a text that they had read, published it, or withdrew it, for everybody to see why."""

    kind: Literal["approved", "published", "withdrawn"]
    bulletin: Name
    digest: Name
    reason: Both | None = None


AnyAct = Written | Decided
ACT: Any = Annotated[AnyAct, Field(discriminator="kind")]


class RefusedActError(CaseStateError, ValueError):
    """An act that doesn't go with how its bulletin stands (rule 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What became of a bulletin. written: its newest text. editions: when which was published, the oldest first."""

    id: str
    acts: tuple[AnyAct, ...]
    written: Written
    approved: bool = False
    editions: tuple[tuple[int, Written], ...] = ()
    withdrawn: Decided | None = None

    @property
    def pending(self) -> bool:
        """Whether the newest text isn't published."""
        return not self.editions or self.editions[-1][1] != self.written

    @property
    def state(self) -> BulletinState:
        """How it stands."""
        if self.withdrawn is not None or not self.pending:
            return BulletinState.WITHDRAWN if self.withdrawn else BulletinState.PUBLISHED
        if self.editions:
            return BulletinState.CORRECTED if self.approved else BulletinState.CORRECTING
        return BulletinState.APPROVED if self.approved else BulletinState.DRAFT

    @property
    def told(self) -> int:
        """When its public page changed last."""
        return self.withdrawn.at if self.withdrawn else self.editions[-1][0]

    def wrote(self, who: str) -> bool:
        """Check whether somebody wrote a word of it (rule 1)."""
        return any(isinstance(one, Written) and same_person(one.who, who) for one in self.acts)

    def after(self, act: AnyAct) -> "Bulletin":
        """What it comes to with a further act. RefusedActError (rule 4)."""
        _must(self.withdrawn is None, N_("this bulletin was withdrawn: nothing about it changes any more"))
        acts, known = (*self.acts, act), self.written
        if isinstance(act, Written):
            _must(act.of == known.digest and self.pending is (act.kind == "revised"), _OTHER)
            _must((act.reason is not None) is bool(self.editions), _OTHER)
            return replace(self, acts=acts, written=act, approved=False)
        _must(act.digest == known.digest and (self.pending or act.kind == "withdrawn"), _OTHER)
        _must((act.reason is not None) is (act.kind == "withdrawn"), _OTHER)
        if act.kind == "withdrawn":
            return replace(self, acts=acts, withdrawn=act)
        if act.kind == "published":
            _must(self.approved, N_("this text isn't approved yet"))
            return replace(self, acts=acts, editions=(*self.editions, (act.at, known)))
        _must(
            not self.wrote(act.who), N_("whoever wrote in a bulletin doesn't approve it: another investigator has to")
        )
        return replace(self, acts=acts, approved=True)


class Bulletins(dict[str, Bulletin]):
    """What the record comes to: each bulletin by its id, in the order in which they were begun."""

    def copy(self) -> "Bulletins":
        """One that doesn't change with it."""
        return Bulletins(self)

    def apply(self, act: AnyAct) -> None:
        """Takes an act. RefusedActError (rule 4)."""
        if isinstance(act, Written) and act.kind == "drafted":
            _must(act.bulletin == f"b-{len(self) + 1}" and not act.of and act.reason is None, _OTHER)
            self[act.bulletin] = Bulletin(id=act.bulletin, acts=(act,), written=act)
        else:
            _must(act.bulletin in self, _OTHER)
            self[act.bulletin] = self[act.bulletin].after(act)

    @property
    def figures(self) -> list[Figure]:
        """All that were published, in the order in which they were."""
        every = sorted((edition for one in self.values() for edition in one.editions), key=lambda edition: edition[0])
        return [figure for _, text in every for figure in text.figures]


def _must(can_be: bool, text: str) -> None:
    if not can_be:
        raise RefusedActError(text)
