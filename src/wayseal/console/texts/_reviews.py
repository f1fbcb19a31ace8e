"""Codes of what is held against what: rights against use, partners against contracts; and of what a page waits for."""

from wayseal.model.messages import N_

REVIEWS = {
    "place.rights": N_("Rights", context="place.rights"),
    "place.partners": N_("Partners", context="place.partners"),
    "waiting.queued": N_("It waits for a worker."),
    "waiting.running": N_("It is being made: {stage}, {done:n} of {total:n}."),
    "waiting.done": N_("It is made."),
    "waiting.failed": N_("It could not be made."),
    "waiting.cancelled": N_("It was called off."),
    "waiting.broken_off": N_("It broke off."),
    "waiting.job": N_("Job {id}"),
    "waiting.show": N_("Show it"),
    "reads.lay_out": N_("Lay them out now"),
    "reads.lay_out_again": N_("Lay out again"),
    "ledger.growth": N_("Reads by day"),
    "ledger.growth_desc": N_("Reads by day; the highest column is {n:n}."),
    "ledger.growth_few": N_("The last {days:n} {days:day|days} of the log."),
    "ledger.day": N_("Day"),
    "ledger.verify": N_("Verify now"),
    "ledger.verified": N_("Verified {at}: {files} files, nothing is other than it was written."),
    "ledger.verified_bad": N_("Verified {at}: {n} findings. Stop working with this ledger until they are cleared up."),
    "ledger.never": N_("It was never verified from here."),
    "ledger.details": N_("What was found"),
    "review.made": N_("As of"),
    "review.make": N_("Look now"),
    "review.again": N_("Look again"),
    "review.queued": N_("It is in the queue, as {id}."),
    "review.queue": N_("To the queue"),
    "review.to_queue": N_("To the queue", context="review.to_queue"),
    "review.act": N_("What to do"),
    "review.every_role": N_("All roles"),
    "review.filter": N_("Filter"),
    "review.empty": N_("Nothing stands here: nothing was found of the kind."),
    "rights_page.none": N_(
        "Rights were not held against use yet. It walks over the whole ledger, which takes a minute or some, and what "
        "comes out stays here until the next time."
    ),
    "rights_page.period": N_("{first} to {last}: {n:n} open accounts, {reads:n} reads. Accounts stay pseudonyms here."),
    "partners_page.none": N_(
        "Partners were not held against their contracts yet. It walks over the whole ledger, which takes a minute or "
        "some, and what comes out stays here until the next time."
    ),
    "partners_page.no_calls": N_(
        "The ledger has no logs of partners' own (table `partner_calls`): what only one side logged can't be told."
    ),
    "partners_page.no_contracts": N_(
        "No contract is known: whoever runs the console names their folder in its setting `contracts`. Until then "
        "every partner is one without a contract."
    ),
    "partners_page.no_such": N_("There is no such partner."),
    "partners_only.all": N_("All"),
    "partners_only.breached": N_("Beyond their contract"),
    "partners_only.uncontracted": N_("Without a contract"),
    "partners_page.partner": N_("Partner"),
    "partners_page.contract": N_("Contract"),
    "partners_page.uncontracted": N_("none"),
    "partners_page.reads": N_("Reads"),
    "partners_page.waybills": N_("Waybills"),
    "partners_page.breaches": N_("Breaches"),
    "partners_page.only_ours": N_("Only ours"),
    "partners_page.only_theirs": N_("Only theirs"),
    "partners_page.clean": N_("No breach was found."),
    "partners_page.breach": N_("Breach"),
    "partners_page.days": N_("Days"),
    "partners_page.when": N_("When", context="partners_page.when"),
    "partners_page.worst": N_("Worst"),
    "partners_page.agreed": N_("Agreed"),
    "partners_page.what": N_("What was beyond"),
    "partners_page.ours": N_("Calls in our log"),
    "partners_page.theirs": N_("Calls in theirs"),
    "partners_page.both": N_("In both"),
    "partners_page.skew": N_("Their clock against ours"),
    "partners_page.not_agreed": N_("Nothing is agreed, and so nothing was checked, of {list}."),
    "partners_page.misfits": N_("Ids that fit nothing"),
    "partners_page.id": N_("Id"),
    "partners_page.stands": N_("Where it stands"),
    "partners_page.nearest": N_("Most like it"),
    "partners_where.account": N_("account of a partner, in no contract"),
    "partners_where.log": N_("partner's own log, in no contract"),
    "partners_where.contract": N_("contract, and no row of the ledger"),
}
