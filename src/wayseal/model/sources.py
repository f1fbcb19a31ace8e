"""What a leak can come from, and how far a trace may go in saying so."""

from enum import StrEnum


class SourceKind(StrEnum):
    """The kinds of source of the data contract, from the finest to what no log shows."""

    ACTOR = "actor"
    SESSION = "session"
    DEVICE = "device"
    CHANNEL = "channel"
    OUTLET = "outlet"
    REGION = "region"


class VerdictKind(StrEnum):
    """How far the evidence carries.

    `named`: probability ≥ .99 for a set of at most three sources that can't be told apart, and fit
    p ≥ .01. `shortlist`: at most twenty sources hold ≥ .9 of the probability that there is a
    source. Else `insufficient`.
    """

    NAMED = "named"
    SHORTLIST = "shortlist"
    INSUFFICIENT = "insufficient"
