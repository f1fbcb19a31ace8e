"""The desk of bulletins: writes, approves, publishes and withdraws, by the record, and has pages made of it.

1. An act is in the record, durably, before a page says it. Pages that couldn't be written are made by the next act.
2. Figures are counted when a text is written, and again when it is approved: one that differs has to be revised first.
   What may be given (`figures`) is asked a third time when it is published: others were published meanwhile.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Literal

from wayseal.cases import Cases
from wayseal.cases.bulletins.acts import ACT, Both, Bulletin, Bulletins, Decided, Written
from wayseal.cases.bulletins.figures import count, figures_in, settle
from wayseal.cases.bulletins.website import Website
from wayseal.cases.errors import (
    CasebookChangedError,
    CasebookDiskError,
    CasebookUsageError,
    CaseStateError,
    NoSuchCaseError,
    StaleError,
)
from wayseal.cases.writing import one_line, several_lines
from wayseal.journal.record import StateRecord
from wayseal.model.messages import N_
from wayseal.page.languages import LANGS

RECORD: Final = "bulletins.jsonl"
_HEADER = {"wayseal": "bulletins", "version": 1}


class BulletinDesk(StateRecord[Bulletins]):
    """Writes and decides. What all of it raises: CasebookError, StoreError, OSError."""

    def __init__(self, folder: Path, now: Callable[[], int], website: Website | None = None) -> None:
        """Takes its folder, which the first act makes, the clock, and where it publishes; None: nowhere yet."""
        changed = partial(CasebookChangedError, N_("the record of bulletins was changed"))
        super().__init__(folder / RECORD, _HEADER, ACT, Bulletins, changed)
        self.now, self.website = now, website

    def draw_up(
        self, id_: str, title: Both, text: Both, reason: Both | None, who: str, cases: Cases | None, of: str = ""
    ) -> Written:
        """Makes the act of a text, of a new bulletin where no id is given, and doesn't write it: as a preview shows it.

        of: the digest of the text that it is made of. reason: of a correction.
        """
        state = self.state()
        one = find(state, id_) if id_ else None
        reason = (reason or Both(zh="", en="")) if one is not None and one.editions else None
        for lang in LANGS:
            one_line(title.of(lang), f"title_{lang}")
            several_lines(text.of(lang), lang)
            if reason is not None:
                one_line(reason.of(lang), f"reason_{lang}")
        asked, other = (figures_in(text.of(lang), lang, self.now()) for lang in LANGS)
        if set(asked) != set(other):
            raise CasebookUsageError("both texts quote the same figures", key="en")
        return Written(
            at=self.now(), who=who, bulletin=id_ or f"b-{len(state) + 1}", of=of, title=title, text=text, reason=reason,
            kind="drafted" if one is None else "revised" if one.pending else "corrected",
            figures=settle(count(cases, asked), state.figures, _quoted(one)),
        )  # fmt: skip

    def write(self, made: Written) -> str:
        """Writes what was drawn up; the bulletin's id. StaleError: somebody wrote another text meanwhile."""
        with self.writing() as (state, add):
            if made.kind == "drafted":
                made = replace(made, bulletin=f"b-{len(state) + 1}")
            elif (known := state[made.bulletin].written).digest != made.of:
                theirs, mine = (f"{one.text.zh}\n\n{one.text.en}" for one in (known, made))
                raise StaleError(id=made.bulletin, version=len(state[made.bulletin].acts), theirs=theirs, mine=mine)
            add(made)
            return made.bulletin

    def decide(
        self, kind: Literal["approved", "published", "withdrawn"], id_: str, digest: str, who: str, cases: Cases | None,
        reason: Both | None = None,
    ) -> None:  # fmt: skip
        """Approves the text of a digest, publishes it, or withdraws the bulletin; a draft is dropped by that."""
        for lang in LANGS:
            one_line(reason.of(lang) if reason is not None else lang, f"reason_{lang}")
        with self.writing() as (state, add):
            one = find(state, id_)
            act = Decided(at=self.now(), who=who, bulletin=id_, kind=kind, digest=digest, reason=reason)
            one.after(act)  # refused before anything is counted
            public = self._need_website() if kind == "published" or (kind == "withdrawn" and one.editions) else None
            if kind != "withdrawn":
                self._check_figures(one, cases, anew=kind == "approved")
            add(act)
            if public is not None:
                self._build(public)

    def _check_figures(self, one: Bulletin, cases: Cases | None, *, anew: bool) -> None:
        """Rule 2."""
        then = one.written.figures
        fresh = count(cases, [each.asked for each in then]) if anew else then
        for old, new in zip(then, settle(fresh, self._state.figures, _quoted(one)), strict=True):
            if (old.count, old.given) != (new.count, new.given):
                raise CaseStateError(
                    "{figure} was {then:n} when the text was written and is {now:n} now, or can't be given as it was: "
                    "revise the text", figure=old.asked, then=old.count, now=new.count,
                )  # fmt: skip

    def build(self) -> None:
        """Makes all pages anew."""
        with self.writing():
            self._build(self._need_website())

    def _need_website(self) -> Website:
        if self.website is not None:
            return self.website
        raise CaseStateError(
            "nothing can be published yet: whoever runs the console sets `bulletins_publish`, "
            "`bulletins_authority`, `bulletins_address` and `unit`"
        )

    def _build(self, website: Website) -> None:
        try:
            website.build(self._state.values())
        except OSError:
            raise CasebookDiskError(
                "it is on record, but the pages can't be written: have the disk looked at, and make the pages anew"
            ) from None


def find(state: Bulletins, id_: str) -> Bulletin:
    """A bulletin. NoSuchCaseError."""
    if id_ not in state:
        raise NoSuchCaseError("there is no such bulletin")
    return state[id_]


def _quoted(one: Bulletin | None) -> set[str]:
    """The figures that a bulletin published."""
    return {each.asked for _, text in one.editions for each in text.figures} if one else set()
