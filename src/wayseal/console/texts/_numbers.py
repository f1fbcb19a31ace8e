"""Breaches of the numbers' order, as the queue tells them."""

from wayseal.model.messages import N_

OF_NUMBERS = {
    "source.numbers": N_("Numbers", context="source.numbers"),
    "lead.numbers_alias_called": N_("A stranger called a virtual number: somebody who was given it passed it on"),
    "lead.numbers_handover_guessed": N_("Far more handover codes than usual were wrong at an outlet"),
    "lead.numbers_read_early": N_("A number was read before its first scan by somebody else than its holder"),
    "lead.numbers_tracked_early": N_("A number was asked for at the public gate before its first scan"),
    "lead.numbers_bulk_read": N_("Many numbers were read in a day before their first scan"),
    "lead.numbers_bound_late": N_("A number was to be bound to an order after its parcel was scanned"),
    "lead.numbers_rebound": N_("A bound number was to be bound again, for another recipient"),
    "lead.numbers_second_order": N_("A bound number was to be bound to a second order"),
    "lead.numbers_second_number": N_("An order that has a number was to get a second one"),
    "lead.numbers_bound_by_other": N_("A number was to be bound by somebody else than its holder"),
    "lead.numbers_scanned_unbound": N_("A parcel was scanned under a number without an order"),
    "lead.numbers_coverage": N_("Many parcels are scanned at an outlet under numbers without an order"),
    "lead.numbers_scanned_elsewhere": N_("A number was first scanned at another outlet than it was issued for"),
    "lead.numbers_scanned_ended": N_("A number was scanned after its life had ended"),
    "lead.numbers_never_issued": N_("A number was used that was never issued"),
    "lead.numbers_never_scanned": N_("A number was bound to an order and its parcel never came: it is void"),
    "lead.numbers_idle_block": N_("A block of numbers lies unused"),
    "lead.numbers_out_of_order": N_("The numbers of a block aren't used one after another"),
    "lead.numbers_other_state": N_("A number was to be moved in a way that its state doesn't allow"),
    "lead.numbers_clock_skew": N_("A source's clock is wrong by minutes"),
    "lead.numbers_restored": N_("The database of numbers was restored from an older copy"),
}
