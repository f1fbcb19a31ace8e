"""Closed vocabularies of the data contract (version 1), spelt as in a dataset, and kinds of sources and verdicts."""

from enum import StrEnum


class ActorKind(StrEnum):
    """The kinds of actors, who can read a waybill."""

    PERSON = "person"
    SERVICE = "service"
    PARTNER = "partner"
    DEVICE = "device"


class OutletKind(StrEnum):
    """A place of the courier's network."""

    OUTLET = "outlet"
    HUB = "hub"
    HEAD_OFFICE = "head_office"


class ScanKind(StrEnum):
    """A step in a parcel's journey."""

    PICKUP = "pickup"
    ARRIVE = "arrive"
    DEPART = "depart"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNED = "returned"
    PROBLEM = "problem"


class Entry(StrEnum):
    """How a scan came into the system: read by a sorter or scale, by a handheld, typed in, or sent by an interface."""

    MACHINE = "machine"
    HANDHELD = "handheld"
    TYPED = "typed"
    INTERFACE = "interface"


class Action(StrEnum):
    """The kinds of reads of a waybill."""

    VIEW = "view"
    SEARCH = "search"
    EXPORT = "export"
    PRINT = "print"
    API = "api"
    DECRYPT = "decrypt"


class Scope(StrEnum):
    """The kinds of things that an actor answers for."""

    OUTLET = "outlet"
    CITY = "city"
    REGION = "region"
    CUSTOMER = "customer"
    CHANNEL = "channel"


class FoundBy(StrEnum):
    """How a leaked number came to light."""

    PURCHASE = "purchase"
    REPORT = "report"
    SEIZURE = "seizure"
    SPAM_CALL = "spam_call"
    SPAM_SMS = "spam_sms"
    FRAUD = "fraud"
    LISTING = "listing"


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
