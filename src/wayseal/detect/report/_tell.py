"""Why an account stands out, in sentences."""

from collections.abc import Iterator

from wayseal.detect._result import STRENGTHS, Others, Person, Reason, strength_of
from wayseal.model.times import day_name
from wayseal.page.visible import shorten, visible
from wayseal.page.words import AreaTranslator, Translator

CELL = 44
"""Letters of a name or place that are shown."""
_DAY_US = 86_400_000_000
_MOSTLY = 0.5
"""Share of others' reads that no table explains, from which on it must be said."""
_NO_OTHERS = frozenset(("canary_touch", "partner_contract"))
"""Detectors that hold what they count against no other account."""


class ReasonTeller(AreaTranslator):
    """Says why accounts stand out."""

    area = "detect"

    def __init__(self, translator: Translator, offset: int) -> None:
        """By this translator. offset: of local days, µs ahead of UTC."""
        super().__init__(translator)
        self.offset = offset

    def strength(self, nats: float) -> str:
        """How strong evidence is, in a word.

        Args:
            nats: The evidence.

        Returns:
            The word.
        """
        return self.say(f"strength_{strength_of(nats)}")

    def reason(self, reason: Reason, person: Person, after: Reason | None = None) -> str:
        """A reason in sentences.

        Args:
            reason: The reason.
            person: Whose it is.
            after: The first reason that a reader has seen, so that the same others needn't be named again.

        Returns:
            What was counted on which days, what it was held against, and what would refute it.
        """
        parts = [
            self.say("sentence", text=self.brief(reason, person)),
            self._against(reason, after),
            self.say("refute", text=self.say(f"refute_{reason.detector}")),
        ]
        return self.translator.joined(parts, self.translator.say("unit.gap"))

    def claim(self, reason: Reason, person: Person) -> str:
        """A reason in one sentence: the count, its days, and what others have.

        Args:
            reason: The reason.
            person: Whose it is.

        Returns:
            The sentence; without others where there is nobody to hold it against.
        """
        against, text = reason.against, self.brief(reason, person)
        if reason.detector in _NO_OTHERS or against.others is Others.NOBODY:
            return self.say("sentence", text=text)
        return self.say(f"claim_{against.others}", text=text, n=against.accounts, range=self._range(reason))

    def bands(self) -> list[tuple[float, str]]:
        """Words of strength, each with the nats from which on it holds, the weakest first.

        Returns:
            (nats, word).
        """
        return [(least, self.say(f"strength_{word}")) for least, word in STRENGTHS]

    def brief(self, reason: Reason, person: Person) -> str:
        """The count, and on which days; no sentence yet.

        Args:
            reason: The reason.
            person: Whose it is.

        Returns:
            It in words.
        """
        return self.translator.joined((self._told(reason, person), self._period(reason)), "")

    def grounds(self, person: Person) -> Iterator[str]:
        """Which of a person's reads look like work.

        Args:
            person: Whose they are.

        Yields:
            A sentence a ground.
        """
        for one in person.territory:
            yield self.say(f"ground_{one.ground}", id=self.translator.id(one.id), n=one.reads)

    def _period(self, reason: Reason) -> str:
        first, last = (day_name((us + self.offset) // _DAY_US) for us in (reason.since, reason.until))
        return self.say("period_day" if first == last else "period", first=first, last=last)

    def _told(self, reason: Reason, person: Person) -> str:
        key = f"why_{reason.detector}"
        if person.place and self.translator.has(f"detect.{key}_at"):
            key += "_at"
        place = shorten(visible(person.place), CELL)
        days = reason.values.get("days", 1)
        return self.say(key, id=self.translator.id(person.actor), value=reason.value, place=place, days=days)

    def _range(self, reason: Reason) -> str:
        low, high = reason.peers
        return self.say("range" if high else "range_none", low=low, high=high)

    def _against(self, reason: Reason, after: Reason | None) -> str:
        if reason.detector in _NO_OTHERS:
            return self.say(f"against_{reason.detector}")
        against = reason.against
        own = self.say("own" if against.days else "own_none", days=against.days, n=against.own)
        range_ = "" if against.others is Others.NOBODY else self._range(reason)
        same = after is not None and after.against.others is against.others and after.detector not in _NO_OTHERS
        if same and against.others is not Others.NOBODY:
            return self.say("against_same", range=range_, own=own)
        told = [self.say(f"against_{against.others}", n=against.accounts, range=range_, own=own)]
        if against.unknown > _MOSTLY and reason.detector == "unexplained_first_reads":
            told.append(self.say("against_unknown", s=against.unknown))
        return self.translator.joined(told, self.translator.say("unit.gap"))
