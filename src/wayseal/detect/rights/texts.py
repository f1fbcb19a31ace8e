"""The texts of the report of detect.rights; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "rights.title": N_("Rights against use"),
    "rights.headline": N_(
        "{rights:n} {rights:right of a role|rights of roles} unused, {accounts:n} {accounts:account|accounts} to "
        "look at"
    ),
    "rights.headline_none": N_("This ledger holds no reads"),
    "rights.lede_whole": N_("What accounts may do, held against what they did in the last {days:n} days of the log."),
    "rights.lede_short": N_(
        "The log covers {covered:n} {covered:day|days}. Of {days:n} days nothing can be said: what is called "
        "unused or dormant here wasn't used within the log, and may have been before it."
    ),
    "rights.lede_none": N_("Without reads there is no use to hold rights against."),
    "rights.period": N_("Period"),
    "rights.period_value": N_("{first} to {last} ({n:n} {n:day|days})"),
    "rights.accounts": N_("Accounts", context="rights.accounts"),
    "rights.reads": N_("Reads"),
    "rights.silent": N_("Days without any read"),
    "rights.rights": N_("Rights"),
    "rights.rights_note": N_(
        "All rights that open accounts hold. A right counts as used as soon as an account did anything that it "
        "permits. “Needed” counts accounts whose reads, as far as work explains them, can't do without it. A dash: "
        "not judged, as the file of rights doesn't know it, it permits no read, or the log doesn't say enough."
    ),
    "rights.roles": N_("Rights by role"),
    "rights.roles_note": N_("Those that nobody of the role used come first, then those that the fewest used."),
    "rights.smallest": N_("The smallest set for each role"),
    "rights.smallest_note": N_(
        "The fewest rights (of several such sets the narrowest) that would have allowed all reads of the role that "
        "work explains. The last column names what was done though no right of the role permits it."
    ),
    "rights.people": N_("Rights that accounts didn't use"),
    "rights.people_note": N_(
        "Accounts that read, and the rights among theirs that they didn't use though others of the role did; with "
        "the smallest set for the reads that work explains. The JSON report has every account."
    ),
    "rights.mandates": N_("Rights over all waybills"),
    "rights.mandates_note": N_(
        "Own: reads that custody, a ticket or another template explains without a mandate. Mandate: reads that "
        "only the mandate explains. {n:n} of these accounts read nothing that needs such a right."
    ),
    "rights.dormant": N_("Dormant accounts"),
    "rights.dormant_note": N_(
        "Open accounts without a read in the period, accounts that read after they were closed, and accounts that "
        "read and don't stand in `actors`."
    ),
    "rights.wider": N_("Wider than peers"),
    "rights.wider_note": N_(
        "Rights that fewer than 5% of at least five peers (same kind, same role) hold, and rights that the account "
        "alone uses although at least five peers hold them."
    ),
    "rights.shared": N_("Logins that look shared"),
    "rights.shared_note": N_(
        "People's accounts with several devices, addresses or sessions whose times overlap on three days or more "
        "and on a fifth of their active days, where most of their role don't work like that. On a day a device is "
        "in use from its first to its last read: one person with two devices can look the same."
    ),
    "rights.untrained": N_("Training"),
    "rights.untrained_note": N_(
        "People who read after their training ran out, or without any. The count is of reads since then."
    ),
    "rights.beyond": N_("Reads that no right permits"),
    "rights.beyond_note": N_(
        "Actions that none of the account's rights permits. Where a whole role does so, the file of rights or the "
        "table `actors` is likely to be incomplete; where few do, the system lets through more than it should. The "
        "JSON report names the accounts."
    ),
    "rights.lacks": N_("Not judged"),
    "rights.lacks_note": N_("What the ledger lacks, and what that leaves unsaid."),
    "rights.lacks_accesses": N_("There are no reads."),
    "rights.lacks_actors": N_(
        "`actors` is missing: nothing can be said of rights, roles, dormant accounts and training."
    ),
    "rights.lacks_actors_rights": N_("`actors` names no rights: nothing can be said of them."),
    "rights.lacks_actors_trained_until": N_("`actors` doesn't say until when people are trained."),
    "rights.lacks_accesses_action": N_(
        "Some reads name no action: of the rights of accounts that made them nothing is said."
    ),
    "rights.lacks_accesses_device": N_(
        "Reads name no devices: shared logins can be told by addresses and sessions alone."
    ),
    "rights.lacks_accesses_ip": N_("Reads name no addresses: shared logins can be told by devices and sessions alone."),
    "rights.lacks_accesses_session": N_("Reads name no sessions: sessions at once can't be counted."),
    "rights.lacks_waybills": N_(
        "`waybills` is missing: routes explain no reads, so that more of them look as if they needed a right over "
        "all waybills."
    ),
    "rights.lacks_scans": N_(
        "`scans` is missing: custody explains fewer reads, so that more of them look as if they needed a right "
        "over all waybills."
    ),
    "rights.lacks_tickets": N_(
        "`tickets` is missing: no ticket explains a read, so that more of them look as if they needed a right over "
        "all waybills."
    ),
    "rights.lacks_outlets": N_("`outlets` is missing: cities and regions explain no reads."),
    "rights.lacks_assignments": N_("`assignments` is missing: what accounts answer for explains no reads."),
    "rights.right": N_("Right"),
    "rights.permits": N_("Permits"),
    "rights.permits_own": N_("{actions} (own work)"),
    "rights.permits_all": N_("{actions} (all waybills)"),
    "rights.permits_widens": N_("widens the others to all waybills"),
    "rights.permits_nothing": N_("no read of a waybill"),
    "rights.permits_unknown": N_("unknown to the file of rights"),
    "rights.holders": N_("Held by"),
    "rights.users": N_("Used by"),
    "rights.count": N_("Reads"),
    "rights.needed": N_("Needed by"),
    "rights.role": N_("Role"),
    "rights.held": N_("Held"),
    "rights.smallest_set": N_("Smallest set"),
    "rights.missing": N_("Not permitted"),
    "rights.none": N_("none of its rights"),
    "rights.actor": N_("Account"),
    "rights.unused": N_("Unused"),
    "rights.own": N_("Own"),
    "rights.mandate": N_("Mandate"),
    "rights.unexplained": N_("Unexplained", context="rights.unexplained"),
    "rights.why": N_("Why"),
    "rights.why_never": N_("no read in the log"),
    "rights.why_quiet": N_("no read in the period"),
    "rights.why_closed": N_("read after it was closed ({day})"),
    "rights.why_unlisted": N_("not in `actors`"),
    "rights.last": N_("Last read"),
    "rights.peers": N_("Peers"),
    "rights.apart_rare": N_("{n:n} of {peers:n} hold it"),
    "rights.apart_alone": N_("none of {peers:n} who hold it uses it"),
    "rights.used": N_("Used"),
    "rights.yes": N_("yes"),
    "rights.no": N_("no"),
    "rights.devices": N_("Devices"),
    "rights.addresses": N_("Addresses"),
    "rights.sessions": N_("Sessions"),
    "rights.overlap": N_("{days:n} of {active:n} days, up to {most:n}"),
    "rights.overlap_peers": N_(
        "{days:n} of {active:n} days, up to {most:n}; a day {a_day:expected}, peers {peers:expected}"
    ),
    "rights.until": N_("Trained until"),
    "rights.never": N_("never"),
    "rights.action": N_("Action"),
    "rights.more": N_("And {n:n} more; the JSON report lists all."),
    "rights.digest": N_("ledger"),
    "rights.footer": N_(
        "This list is personal data of staff: for those who manage accounts, and for nobody else. Being listed is "
        "a reason to ask, not a finding against anybody."
    ),
}
"""Codes, which JSON reports and the docs name, and their texts."""
