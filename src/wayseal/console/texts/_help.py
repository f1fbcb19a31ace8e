"""Texts of help: a line on each figure and state that pages show."""

from wayseal.model.messages import N_

OF_HELP = {
    "help_name.probability": N_("Probability"),
    "help.probability": N_(
        "How sure detection is that these reads were not work: of a hundred cases at 80%, about 80 are right."
    ),
    "help_name.loss": N_("Expected loss a day"),
    "help.loss": N_(
        "Parcels a day that are lost if it is right, times the probability. The queue begins with the most."
    ),
    "help_name.waiting": N_("Waiting time"),
    "help.waiting": N_("Since it came into the queue; how old the reads or offers are stands beside it."),
    "help_name.strength": N_("Strength of the evidence"),
    "help.strength": N_(
        "How many times as probable these reads are if they were not work as under work alone; no prior is in it."
    ),
    "help_name.pseudonym": N_("Pseudonym"),
    "help.pseudonym": N_(
        "Stands for an account, device or address, the same everywhere, until the case is opened on record."
    ),
    "help_name.unexplained": N_("Unexplained read"),
    "help.unexplained": N_("A first look at a parcel to which no scan, ticket or duty of the account leads."),
    "help_name.peers": N_("Peers"),
    "help.peers": N_(
        "Accounts of the same role at places of like size. What 5 to 95 of a hundred of them do is usual."
    ),
    "help_name.ratio": N_("Times as likely"),
    "help.ratio": N_("How much likelier the evidence is if the account is a source than if not; no prior is in it."),
    "help_name.source": N_("Probability of a source"),
    "help.source": N_(
        "That it is one of those behind these numbers: of an account, not of a person; there may be others."
    ),
    "help_name.basket": N_("Basket"),
    "help.basket": N_("Numbers that turned up outside together, with when and how: what a trace begins with."),
    "help_name.watch": N_("Live watch"),
    "help.watch": N_("It holds events, as they come, against what the last batch run learnt, and tells at once."),
    "help_name.block": N_("Block", context="help_name.block"),
    "help.block": N_(
        "Asks an account for a second factor, slows it down or refuses it, until an end; gateways and the vault do it."
    ),
    "help_name.canary": N_("Canary"),
    "help.canary": N_("A waybill that only chosen accounts were shown: once it is on sale, it points at them."),
    "help_name.verdict": N_("Verdict"),
    "help.verdict": N_(
        "Given by a person, for each account, on record. Detection learns from it and doesn't ask again."
    ),
    "help_name.back": N_("Back in the market"),
    "help.back": N_("A seller whose shop was gone is seen in another one; each signal says how likely it is the same."),
    "help_name.without_parcel": N_("Probability of no parcel"),
    "help.without_parcel": N_(
        "That a shipment never was, or is empty, by what machines, trucks and hands left behind: a lead, no verdict."
    ),
    "help.state_new": N_("Nobody has decided on it; its names were shown to nobody."),
    "help.state_opened": N_("Somebody saw its names, on record."),
    "help.state_in_progress": N_("Somebody works on it."),
    "help.state_waiting": N_("It waits for somebody else: an answer, a person, a document."),
    "help.state_reopened": N_("It was closed, and is worked on again."),
    "help.state_true": N_("Closed: the reads were not work."),
    "help.state_false": N_("Closed: the reads were work. They don't come again."),
    "help.state_duplicate": N_("Closed: another case is about the same."),
    "help.state_no_case": N_("Closed: nothing to act on."),
    "help.state_merged": N_("It went into another case, where all of it is seen; it can be taken out again."),
}
