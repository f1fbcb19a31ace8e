"""The texts of the trace report; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "verdict.named": N_("Named"),
    "verdict.shortlist": N_("Shortlist"),
    "verdict.insufficient": N_("Insufficient evidence"),
    "headline.named_one": N_("The records point to {source}: a lead for investigators"),
    "headline.named_set": N_("The records point to {n} sources that they cannot tell apart: a lead for investigators"),
    "headline.shortlist": N_("The records narrow to a shortlist led by {source}, and single out nobody"),
    "headline.shortlist_set": N_("The records narrow to a shortlist led by {sources}, which they cannot tell apart"),
    "headline.insufficient": N_("The evidence is not enough to name anybody"),
    "plain.actor": N_(
        "{source} saw {saw} of {n} leaked {n:parcel|parcels}; of {n} comparable {n:one|ones} {expected:expected} "
        "expected."
    ),
    "plain.session": N_(
        "{source} saw {saw} of {n} leaked {n:parcel|parcels}; of {n} comparable {n:one|ones} {expected:expected} "
        "expected."
    ),
    "plain.device": N_(
        "On device {source}, under whichever logins, {saw} of {n} leaked {n:parcel|parcels} were seen; of {n} "
        "comparable {n:one|ones} {expected:expected} expected."
    ),
    "plain.channel": N_(
        "{saw} of {n} leaked {n:number|numbers} came through {source}; of {n} comparable {n:one|ones} "
        "{expected:expected} expected."
    ),
    "plain.outlet": N_(
        "{saw} of {n} leaked {n:parcel|parcels} passed {source}; of {n} comparable {n:one|ones} "
        "{expected:expected} expected."
    ),
    "plain.region": N_(
        "{saw} of {n} leaked {n:parcel|parcels} passed {source}; of {n} comparable {n:one|ones} "
        "{expected:expected} expected."
    ),
    "plain.next_best": N_("Next-best account: {saw} of {n} ({source}; {expected:expected} expected)."),
    "plain.saw_most": N_("The account that saw most of them: {saw} of {n} ({source}; {expected:expected} expected)."),
    "plain.next_best_none": N_("No other account saw any of them."),
    "plain.nobody": N_("None of the leaked numbers could be matched with reads in the ledger."),
    "plain.no_source": N_(
        "No account, interface or outlet saw more of the {n} leaked {n:parcel|parcels} than ordinary work explains."
    ),
    "plain.not_found": N_("{lost} of the {n} {n:number|numbers} could not be used; they are listed below."),
    "meaning.probability": N_("It is {p:%} probable that {source} is among the sources of these numbers."),
    "meaning.probability_set": N_(
        "It is {p:%} probable that at least one of {sources} is among the sources of these numbers. Their records "
        "look the same here, so nothing in them says which."
    ),
    "meaning.ratio": N_(
        "The records are about {lr:ratio} times as likely if {source} is among the sources as if it is not."
    ),
    "meaning.part": N_("Within account {account} the numbers point at {part} ({p:%}): start with who used it."),
    "meaning.unknown": N_(
        "Estimated share of the numbers that came from somewhere that the records do not show: {share:share}."
    ),
    "meaning.lead": N_(
        "This is a lead for investigators. It says where to look first, not who is to blame: an account can be "
        "shared, taken over or copied."
    ),
    "meaning.shortlist": N_(
        "The probability is spread over several sources. More numbers, or a test aimed at the sources below, can "
        "separate them."
    ),
    "meaning.insufficient": N_("No source stands out enough from chance. That clears nobody and points at nobody."),
    "next.hear_untimed": N_("Check sign-ins, devices and shifts of these days, and hear the person concerned."),
    "next.preserve": N_(
        "Keep the ledger and the file of leaked numbers as they are. Their digests below show later that nothing "
        "was changed."
    ),
    "next.confirm": N_(
        "Confirm by a route of its own before anybody is confronted: a marked number that only this source can see. "
        "More bought numbers would rest on the same reads."
    ),
    "next.hear": N_("Check sign-ins, devices and shifts at the times listed below, and hear the person concerned."),
    "next.contain": N_(
        "If numbers keep leaking, limit this source's bulk look-ups in the meantime, under the company's own rules."
    ),
    "next.separate": N_(
        "Some sources look the same in these records ({sources}). Session or device identifiers, or a marked "
        "number shown to one of them only, tell them apart."
    ),
    "next.buy_more": N_("Buy about {more} more {more:number|numbers}, so that at least {target} can be used."),
    "next.other_routes": N_(
        "Ask for other routes: different origins, destinations and days. Numbers from one route are seen by the "
        "same few people and cannot separate them."
    ),
    "next.record_times": N_(
        "Write down when each number was ordered (asked_at) and when it was last looked for and not there "
        "(absent_at). A read between order and sale is strong evidence."
    ),
    "next.canary": N_(
        "Show marked numbers to a few of the sources below, each to one of them, and watch which come out."
    ),
    "next.lost_numbers": N_(
        "Find out why {lost} of the {n} {n:number|numbers} {lost:is|are} not in the ledger. If reads are missing, "
        "add them and trace again."
    ),
    "next.bring_tables": N_("Add the missing tables listed below. Each of them makes the answer sharper."),
    "fit.uniform_ok": N_("The leaked numbers look like a fair draw from what the sources saw (p = {p:p})."),
    "fit.uniform_bad": N_(
        "The leaked numbers do not look like a fair draw from what the sources saw (p = {p:p}): somebody may have "
        "chosen which numbers to sell, for example those that a colleague saw too."
    ),
    "fit.untested": N_("The sources in question have no logged reads to check the fit against."),
    "fit.too_few": N_("Too few usable numbers ({n}) to check whether they are a fair draw from what the sources saw."),
    "fit.no_source": N_("There is no source probable enough to check the fit against."),
    "fit.co_reading": N_(
        "The leaked numbers were read by the same second person more often than comparable ones (p = {p:p}). A "
        "source that sells only what a colleague also saw would look like this."
    ),
    "fit.framed": N_(
        "Account {other} had read {seen} of the {leaks} numbers as well, and its reads explain the sales better: "
        "it may sell only what the source also saw, to hide behind it. Nobody is named until that is settled; look "
        "at {other} first, and settle it with a marked number."
    ),
    "fit.after": N_(
        "The source read some of the leaked numbers only after they were sold, more often than chance gives (p = "
        "{p:p}). Somebody who chooses what to sell by what the source sees would look like this."
    ),
    "fit.delay": N_("The times from read to sale do not follow the assumed delays (p = {p:p})."),
    "fit.strata": N_("The leaked numbers are unevenly spread over the routes that the sources worked on (p = {p:p})."),
    "fit.combined": N_("All checks of fit together: p = {p:p}."),
    "quality.clock_skew": N_(
        "Clocks disagree: {share:share} of the records stand about {hours:hours} off. Times from read to sale are "
        "uncertain by as much."
    ),
    "quality.reads_before_issue": N_(
        "{share:share} of the reads stand before their parcel was issued, which cannot be: clocks are off. Times "
        "from read to sale are uncertain."
    ),
    "quality.gaps": N_(
        "The log has a gap of {hours:hours}, from {from:time} to {to:time}. Whoever read then cannot be seen."
    ),
    "quality.gap_outlet": N_(
        "Outlet {outlet} has no reads for {hours:hours}, from {from:time} to {to:time}, though it was at work."
    ),
    "quality.found_low": N_(
        "Only {found} of {leaks} leaked {leaks:number|numbers} are in the ledger. The log may not cover the place "
        "they came from."
    ),
    "quality.read_after_sale": N_(
        "{n} of the leaked numbers {n:was|were} read for the first time only after the sale. Clocks may be off, or "
        "the source is not in this log."
    ),
    "quality.sold_before_read": N_(
        "{n} of the leaked numbers {n:was|were} on sale before anybody in this log had read {n:it|them}: look at "
        "the side that issues numbers."
    ),
    "quality.days": N_(
        "Of {n} of the numbers only the day of the sighting is known: each may have come up at any moment of its day. "
        "A time of day makes the answer sharper."
    ),
    "quality.no_offset": N_("Times in the leaks file have no time zone; {offset} was assumed."),
    "quality.rejected_leaks": N_("{n} {n:row|rows} of the leaks file could not be read and {n:was|were} left out."),
    "quality.asked_unreadable": N_(
        "What the buyer asked for (asked) could not be understood for {n} {n:number|numbers}; {n:it is|they are} "
        "compared with parcels from all routes seen."
    ),
    "quality.asked_mismatch": N_(
        "{n} {n:number does|numbers do} not match what the buyer asked for (asked). Check the entries, or the "
        "seller delivered something else."
    ),
    "quality.duplicate_leaks": N_(
        "{n} {n:row|rows} of the leaks file {n:repeats|repeat} a number; each number counts once."
    ),
    "quality.unknown_actors": N_(
        "{share:share} of the reads are by accounts that the table of accounts does not know."
    ),
    "quality.purged": N_(
        "The ledger begins at {before}: everything about parcels first seen before that day was purged ({n:n} "
        "{n:read|reads}). A leak that is older can't be traced."
    ),
    "quality.rejected_rows": N_(
        "{n:n} {n:row was|rows were} set aside at ingest because {n:it|they} could not be read."
    ),
    "quality.asked_missing": N_(
        "It is not recorded what the buyer asked for (asked), so comparable parcels were drawn from all routes "
        "seen. If the purchases were limited to a route, say so: it changes the answer."
    ),
    "quality.strata_sampled": N_(
        "Comparable parcels were sampled ({n:n} of them), not counted in full; small expectations are rough."
    ),
    "quality.single_leak": N_("A single leaked number carries little evidence, whatever it points at."),
    "quality.chains_disagree": N_(
        "Independent runs of the computation differ by up to {difference:share}. Run it again with another seed "
        "before using the result."
    ),
    "quality.queries_replayed": N_(
        "{n:n} logged {n:query was|queries were} replayed on the parcels as they stood then. {soft:n} of them may "
        "have shown only some of what fitted, so what they show counts by its probability. {useless:n} "
        "{useless:was|were} of no use."
    ),
    "quality.queries_useless": N_(
        "{n:n} logged {n:query was|queries were} of no use, and there {n:is no other|are no others}: nothing was "
        "replayed."
    ),
    "quality.queries_unreadable": N_(
        "The filter of {n:n} {n:query|queries} could not be read, because of the key {key}, and {n:was|were} not "
        "replayed (? stands for a key that the contract does not know, or no JSON object at all)."
    ),
    "quality.queries_again": N_(
        "{n:n} {n:read|reads} that replay gave {n:is|are} in the access log too, under the same request; {n:it "
        "counts|they count} once."
    ),
    "quality.changes_left_out": N_(
        "{n:n} {n:change|changes} of the leaked parcels could not be replayed: the column is not one that can "
        "change, or a weight is no whole number."
    ),
    "quality.empty_log": N_("The log holds no reads."),
    "quality.outside_log": N_(
        "Of the leaked numbers, {before} {before:was|were} sold before the log begins and {after} after it ends."
    ),
    "missing.not_in_ledger": N_("not in the ledger"),
    "missing.no_reads_before_sale": N_(
        "no account in the log read it before the sale; only its route and issuer speak"
    ),
    "missing.bad_row": N_("the row could not be read ({column}: {reason:value})"),
    "missing.duplicate": N_("the same number as in line {line}"),
    "table.actors": N_(
        "Without it an account has no role, outlet or kind: people at work are not told apart from services and "
        "partners."
    ),
    "table.outlets": N_(
        "Without it outlets have no city or region: sources that no log shows can be sought only by outlet, and "
        "routes cannot be matched by place."
    ),
    "table.waybills": N_(
        "Without it the route and the issuing interface of a number are unknown: parcels are compared with all "
        "others, and the issuing side cannot be named."
    ),
    "table.changes": N_(
        "Without it a query is replayed on parcels as they were issued, not as they stood when it ran."
    ),
    "table.scans": N_(
        "Without it nobody knows where a parcel was: leaks that no log shows cannot be pinned to an outlet, nor a "
        "sale before pickup recognised."
    ),
    "table.accesses": N_("Without it there are no reads to compare with, and only routes speak."),
    "table.queries": N_("Without it searches that logged only what was asked for, not what was shown, do not count."),
    "table.tickets": N_("Without it reads that a complaint or a request explains look like any other."),
    "table.assignments": N_(
        "Without it nobody knows whose work a parcel was, and reads outside one's work do not stand out."
    ),
    "table.partner_calls": N_(
        "Without it what partners say they read cannot be checked against what was shown to them."
    ),
    "table.leaks": N_("Without it there is nothing to trace."),
    "ui.title": N_("Trace of leaked waybill numbers"),
    "ui.lead_tag": N_("lead for investigators"),
    "ui.means": N_("What it means"),
    "ui.next": N_("What to do next"),
    "ui.sources": N_("Sources"),
    "ui.sources_note": N_("Every source with a probability above 1%."),
    "ui.no_sources": N_("No source is more than 1% probable."),
    "ui.source": N_("Source"),
    "ui.kind": N_("Kind"),
    "ui.probability": N_("Probability"),
    "ui.lr": N_("Times as likely"),
    "ui.lr_short": N_("Times"),
    "ui.set_line": N_("{sources} cannot be told apart; at least one of them is among the sources with {p:%}."),
    "ui.share": N_("Share of leaks"),
    "ui.share_short": N_("Share"),
    "ui.saw": N_("Saw"),
    "ui.expected": N_("Expected"),
    "ui.saw_expected": N_("saw · expected"),
    "ui.quality": N_("Quality of the data"),
    "ui.quality_none": N_("The checks before the verdict found nothing to report."),
    "ui.missing_tables": N_("Tables that were missing"),
    "ui.missing_none": N_("No table of the data contract was missing."),
    "ui.missing_note": N_(
        "Only reads and leaks are needed to trace. Each of these would have made the answer sharper."
    ),
    "ui.lost": N_("Remarks on single numbers"),
    "ui.lost_lines": N_("{lines:line|lines} {list}: {reason:value}"),
    "ui.unknown": N_("Unknown"),
    "ui.others": N_("Others"),
    "ui.leaks_used": N_("Leaks usable"),
    "ui.probability_kpi": N_("Probability"),
    "ui.next_best_kpi": N_("Next-best account"),
    "ui.most_kpi": N_("Saw most"),
    "ui.unknown_kpi": N_("From unknown"),
    "ui.expected_kpi": N_("Expected by chance"),
    "ui.saw_kpi": N_("Seen before sale"),
    "ui.figure_saw": N_("Who saw how many of the leaked"),
    "ui.figure_saw_note": N_(
        "Bars: leaked parcels seen before the sale. Tick: how many of as many comparable parcels one would expect "
        "it to have seen."
    ),
    "ui.figure_saw_desc": N_(
        "Bar chart of the sources that saw most. {source} leads with {saw} of {n}; {expected:expected} expected."
    ),
    "ui.figure_saw_empty": N_("No account saw any of the leaked parcels before the sale."),
    "ui.figure_delay": N_("From read to sale"),
    "ui.figure_delay_note": N_(
        "Dots: time from a source's last look to the sale, one for each number, on a logarithmic scale."
    ),
    "ui.figure_delay_curve": N_("The grey hill is the delay that the computation assumes."),
    "ui.figure_delay_desc": N_("Dot plot on a logarithmic scale of hours. {text}"),
    "ui.figure_delay_row": N_("{source}: {n} {n:number|numbers}, median {h:hours}."),
    "ui.figure_delay_empty": N_("No leading source has a logged read before a sale."),
    "ui.median": N_("median"),
    "ui.axis_saw": N_("numbers"),
    "ui.axis_delay": N_("from the last look to the sale, logarithmic"),
    "ui.axis_kappa": N_("accounts expected to leak (κ); at the left, the probability"),
    "ui.figure_unknown": N_("Where the leaks come from, taken together"),
    "ui.figure_unknown_note": N_(
        "Expected share of the usable numbers. Hatched: from somewhere that the records do not show."
    ),
    "ui.figure_unknown_desc": N_("One bar: {share:share} unknown, the rest shared by the sources."),
    "ui.figure_matrix": N_("What each leak points at"),
    "ui.figure_matrix_note": N_(
        "Percent: how probable it is that the number came from this source. Rows follow the leaks file."
    ),
    "ui.figure_matrix_desc": N_("Table of {n} {n:leak|leaks} by leading source and unknown, shaded by probability."),
    "ui.figure_matrix_more": N_("{n} more {n:row stands|rows stand} in the table of leaks below."),
    "ui.figure_kappa": N_("How much the prior matters"),
    "ui.figure_kappa_note": N_(
        "Probability of the leading source, by how many sources were expected before looking (κ). Ring: the value "
        "this report uses. The line marks 99%."
    ),
    "ui.figure_kappa_desc": N_("Line chart: {text}."),
    "ui.figure_kappa_row": N_("κ {kappa}: {p:%}"),
    "ui.figure_kappa_empty": N_("There was no leading source to vary the prior for."),
    "ui.evidence": N_("Evidence, number by number"),
    "ui.evidence_note": N_(
        "What each leading source saw, when it looked last before the sale, and when the number was sold. Times in "
        "{zone}."
    ),
    "ui.leaks": N_("All leaked numbers"),
    "ui.leaks_note": N_(
        "Every row of the leaks file, in its order. Accounts: how many had read it before the sale. Times in {zone}."
    ),
    "ui.evidence_more": N_("{n:n} more stand on the page (`--format html`)."),
    "ui.line": N_("Line"),
    "ui.number": N_("Number"),
    "ui.looked": N_("Last look"),
    "ui.sold": N_("Seen for sale"),
    "ui.gap": N_("Time between"),
    "ui.within": N_("{first:time} to {last:time}"),
    "ui.at_most": N_("up to {gap}"),
    "ui.accounts": N_("Accounts", context="ui.accounts"),
    "ui.points_at": N_("Points most at"),
    "ui.route_only": N_("route only, no logged read"),
    "ui.no_read": N_(
        "The log holds no read of it. What speaks is the route or the issuer of {saw:this|these} {saw} "
        "{saw:number|numbers} ({expected:expected} expected); their lines in brackets."
    ),
    "ui.method": N_("Method"),
    "ui.limits": N_("Limits"),
    "ui.reproduce_note": N_("The same ledger, leaks file, version and seed give the same result."),
    "ui.seed": N_("Seed"),
    "ui.ledger_digest": N_("Ledger digest"),
    "ui.checkpoint": N_("Checkpoint"),
    "ui.leaks_digest": N_("Leaks digest"),
    "ui.span": N_("Log covers"),
    "ui.span_value": N_("{from:time} to {to:time} ({zone})"),
    "ui.reads": N_("Reads in the log"),
    "ui.considered": N_("Sources considered"),
    "ui.footer": N_(
        "A lead for investigators, not a finding against anybody. Handle it as personal data of the people it names."
    ),
    "method.compare": N_(
        "Each leaked number was matched with the log: who looked it up, and when, before it was seen for sale. The "
        "same was done for comparable parcels, that is, parcels that the buyer could have been sold just as well, "
        "because an account that reads nearly everything has also read nearly every leaked number."
    ),
    "method.draw": N_(
        "Every leaked number is taken as one drawn from what a single source had seen. A source that saw many "
        "parcels could have leaked any of them, so each one speaks less against it; a source that saw few and yet "
        "saw the leaked ones speaks more."
    ),
    "method.time": N_(
        "Time counts too: reads shortly before a sale weigh more than reads long ago. The delay is not assumed to "
        "be known; short, medium and long delays are all allowed for."
    ),
    "method.kinds": N_(
        "Sources are accounts, their sessions and devices, devices used under several accounts, and, for what no "
        "log shows, issuing interfaces, outlets and regions: {considered}. Several may leak at once. “Unknown” "
        "always stands for election, so that numbers from elsewhere need not be blamed on anybody."
    ),
    "method.prior": N_(
        "Before any evidence every source has a small chance, {kappa} accounts being expected in all: four fifths "
        "of that are spread evenly, a fifth by how much each account read. The probability says how far the "
        "evidence moves that; the likelihood ratio says how strong the evidence is by itself. Where many sources "
        "stand to choice, a strong ratio alone is no proof."
    ),
    "method.rule": N_(
        "“Named” needs a probability of at least 99% for at most three sources that cannot be told apart, and "
        "numbers that fit a fair draw. “Shortlist” means that at most twenty sources hold at least 90% of the "
        "probability that there is one. Anything else is “insufficient”."
    ),
    "limits.account": N_("An account is not a person. It may be shared, taken over, or used on an unlocked screen."),
    "limits.framing": N_(
        "Whoever sells only what a colleague also saw can make that colleague look like the source. The check of "
        "fit looks for this; it does not see everything. A marked number settles it."
    ),
    "limits.lost": N_(
        "Reads that were never logged, or lost, do not count. Gaps that were found are listed under the quality of "
        "the data."
    ),
    "limits.wide": N_(
        "For accounts that see a large part of all parcels, a few numbers cannot decide. Their absence from this "
        "page clears nobody."
    ),
    "limits.choice": N_(
        "If the seller chose the numbers in a way that the buyer does not know, comparable parcels may be the "
        "wrong ones."
    ),
    "limits.model": N_(
        "The probabilities hold within this model. They were checked on simulated networks and real logs with "
        "known sources, not on this case."
    ),
}
"""Codes, which JSON reports and the docs name, and their texts."""
