"""The texts of the report on parcels; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "parcels.title": N_("Shipments without a parcel"),
    "parcels.headline": N_(
        "{groups:n} {groups:group|groups} with {parcels:n} {parcels:parcel|parcels} that probably never were, or are "
        "empty"
    ),
    "parcels.headline_none": N_("Nothing stands out among {judged:n} judged parcels"),
    "parcels.headline_unjudged": N_("No parcel could be judged"),
    "parcels.lede": N_(
        "{judged:n} of {seen:n} parcels could be judged. A finding is a lead: look at the place, at the sender's goods "
        "and at the operator's day before anybody is accused."
    ),
    "parcels.seen": N_("Parcels with scans"),
    "parcels.judged": N_("Judged"),
    "parcels.prior": N_("Share that never was, as learnt here"),
    "parcels.early_reads": N_("Asked for before pickup, but by the issuing side"),
    "parcels.digest": N_("Ledger"),
    "parcels.footer": N_("Probabilities rest on what this ledger says; docs/explanation/parcels.md says how."),
    "parcels.groups": N_("Groups"),
    "parcels.groups_note": N_(
        "By sender, outlet of the first scan, who collected, and day. “Expected” is how many of the group's parcels "
        "one has to expect never were."
    ),
    "parcels.reasons": N_("Why"),
    "parcels.reasons_note": N_(
        "How many times as likely each fact is if there was no parcel, on the mean of the group's likely ones, with "
        "the fact of the parcel in which it is strongest."
    ),
    "parcels.parcels": N_("Parcels"),
    "parcels.abstained": N_("Not judged"),
    "parcels.abstained_note": N_(
        "Where machines read less than nine tenths of what passes, a parcel that none read means nothing."
    ),
    "parcels.coverage": N_("What machines read"),
    "parcels.coverage_note": N_("Places with the poorest mean first."),
    "parcels.askers": N_("Who asks before pickup"),
    "parcels.askers_note": N_(
        "Accounts that ask for numbers before their first scan far more often than others of their kind. A number "
        "that was asked for then may have been on sale."
    ),
    "parcels.skills": N_("What can't be found"),
    "parcels.skills_note": N_(
        "How large these shares are in simulated couriers stands with the benchmarks (parcels_quality)."
    ),
    "parcels.lacking": N_("What the ledger doesn't say"),
    "parcels.more": N_("{n:n} more stand in the JSON report"),
    "parcels.head_groups": N_("sender,outlet,operator,day,probability,parcels,expected"),
    "parcels.head_parcels": N_("waybill,kind,probability,reason"),
    "parcels.head_abstained": N_("why,place,day,read by machines,parcels"),
    "parcels.head_coverage": N_("place,days,lowest,mean"),
    "parcels.head_askers": N_("account,kind,role,before pickup,of,usual"),
    "parcels.kind_ghost": N_("no parcel"),
    "parcels.kind_empty": N_("empty"),
    "parcels.kind_borrowed": N_("of another order"),
    "parcels.no_entries": N_("no scan says how it came in"),
    "parcels.no_machine": N_("met no place with a machine"),
    "parcels.coverage_low": N_("machines read too little"),
    "parcels.reason_unread": N_(
        "Machines read {read:n} of {visits:n} passages, at places that read {coverage:share} of what passes."
    ),
    "parcels.reason_unread_beside": N_(
        "Machines read {read:n} of {visits:n} passages, at places that read {coverage:share} of what passes; of what "
        "left about when it did they read {beside:share} on arrival."
    ),
    "parcels.reason_typed_in": N_("{typed:n} of its {scans:n} scans were keyed in or came through an interface."),
    "parcels.reason_apart": N_(
        "Of {companions:n} parcels of others that left about when it did, {together:n} arrived about when it did."
    ),
    "parcels.reason_truck": N_(
        "Of {loaded:n} parcels of others that left about when it did, {with_it:n} were in the truck or bag that it "
        "names."
    ),
    "parcels.reason_lane_time": N_("It took {hours:hours} where {usual:hours} is usual."),
    "parcels.reason_weight": N_("A machine weighed {second:n} g where {typed:n} g were typed in."),
    "parcels.reason_same_weight": N_(
        "{same:n} of the sender's {of:n} parcels of the day weigh the same {second:n} g to the gram."
    ),
    "parcels.reason_burst": N_("Its operator made {count:n} scans in one second."),
    "parcels.reason_two_places": N_(
        "Its operator scanned at another place {minutes:expected} minutes apart, sooner than the way can be made."
    ),
    "parcels.reason_bunch": N_("{count:n} of {of:n} parcels signed off within ten minutes come from its sender."),
    "parcels.reason_stranger": N_(
        "Whoever signed it off did so for {count:n} parcels of its sender, and is that close to {senders:n} senders."
    ),
    "parcels.reason_tag": N_("Its order stands on {numbers:n} numbers of the sender."),
    "parcels.reason_rebound": N_("It came to stand for another order {minutes:expected} minutes after its first scan."),
    "parcels.clumsy_found": N_("Invented times: found."),
    "parcels.clumsy_not": N_("Invented times: nothing can be said without machine reads."),
    "parcels.lanes_found": N_("Usual times of the lane: found, as no truck and no machine knew the parcel."),
    "parcels.lanes_not": N_("Usual times of the lane: not found without machine reads, departures and arrivals."),
    "parcels.weights_found": N_("Plausible weights written in: found, as only a machine's weight counts."),
    "parcels.weights_not": N_("Plausible weights written in: not found without machine reads."),
    "parcels.replay_found": N_(
        "A real parcel's times, written again: found by missing machine reads alone, and only where several parcels "
        "of one maker lack them."
    ),
    "parcels.replay_not": N_("A real parcel's times, written again: not found without machine reads."),
    "parcels.replay_machine_not": N_(
        "A real parcel's times with claimed machine reads: can't be found. Whoever can write rows of machines leaves "
        "no fact behind; keep those rows out of people's hands."
    ),
    "parcels.borrowed_not": N_(
        "A real parcel that stands for another order: can't be found in scans. Ask whether the number is bound to the "
        "order; a number bound anew after its first scan is told as a reason."
    ),
    "parcels.unwatched_not": N_(
        "Ways that meet no place with a reliable machine, and hand-overs at the door: nothing here says whether "
        "anybody was near the address."
    ),
}  # fmt: skip
