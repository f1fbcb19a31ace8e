"""What is said of outlets. Blanks as in `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "outlets.all": N_("Outlets, {month}"),
    "outlets.title": N_("Outlet {outlet}, {month}"),
    "outlets.region_title": N_("Outlets of {region}, {month}"),
    "outlets.made": N_("Wayseal {version}, ledger {ledger}"),
    "outlets.figure": N_("Reads that no work explains"),
    "outlets.counted": N_(
        "In {month} {judged:n} first reads could be judged and compared. No work explains {unexplained:n} of them; "
        "{expected:expected} would be expected at the rates of all other outlets."
    ),
    "outlets.until": N_("The month isn't over: reads up to {until} count."),
    "outlets.lacking": N_("Nothing is judged: the ledger lacks {tables}."),
    "outlets.silent": N_("Not judged, since no table knows their work: {roles}."),
    "outlets.few_people": N_("Fewer than {people} accounts read here: a figure would be a person's, so there is none."),
    "outlets.too_few": N_("Fewer than {least:n} are expected: too few to say."),
    "outlets.usual": N_("Chance, and how outlets differ usually, give as many."),
    "outlets.flagged": N_(
        "That is more than chance and usual differences give. Of outlets of which this is said, one in twenty is there "
        "by chance."
    ),
    "outlets.rate": N_(
        "Weighed with all outlets: {rate} times the expected, with 95 % probability between {low} and {high}; with "
        "{p:%} more than {worse} times."
    ),
    "outlets.funnel_desc": N_(
        "Times the expected over what is expected, on a logarithmic axis. Dashed: where 95 % lie by chance and usual "
        "differences; thin: 99.8 %. The large dot is this outlet, small ones are others, without their names."
    ),
    "outlets.strata": N_("What the figure is made of"),
    "outlets.alone": N_("not compared"),
    "outlets.trend": N_("Month by month"),
    "outlets.trend_desc": N_("Unexplained reads, grey: expected; blue: counted"),
    "outlets.run": N_("The trend since {since} stands at {run}; from {limit} on it would say that things got worse."),
    "outlets.alarm": N_("The trend says that things got worse: it stands at {run}, and is told from {limit} on."),
    "outlets.shared": N_("Logins that look like several people's"),
    "outlets.trained": N_("People whose training holds at the end of the month"),
    "outlets.expired": N_("People whose training ran out"),
    "outlets.sums": N_("Sums over outlets that have a figure: {n:n} of {all:n}."),
    "outlets.by_outlet": N_("By outlet"),
    "outlets.acts": N_("Audits, faults, measures, objections"),
    "outlets.audit_label": N_("Labels: {failed:n} of {tried:n} failed (95 %: {low} to {high})"),
    "outlets.audit_disposal": N_("Disposal: {failed:n} of {tried:n} failed (95 %: {low} to {high})"),
    "outlets.audit_purchase": N_("Mystery purchase: {failed:n} of {tried:n} could be had (95 %: {low} to {high})"),
    "outlets.fault": N_("Fault"),
    "outlets.objection": N_("Objection to {about}"),
    "outlets.last_day": N_("last day {day}"),
    "outlets.open_for": N_("open for {n:n} {n:day|days}"),
    "outlets.fixed_in": N_("fixed in {n:n} {n:day|days}"),
    "outlets.amount": N_("{what}, {amount:n} yuan"),
    "outlets.struck": N_("left out: an objection was upheld"),
    "outlets.upheld": N_("upheld: {why}"),
    "outlets.rejected": N_("rejected: {why}"),
    "outlets.waiting": N_("waits for a second person"),
    "outlets.in_force": N_("in force"),
    "outlets.declined": N_("declined"),
    "outlets.over": N_("over"),
    "outlets.unanswered": N_("waits for an answer"),
    "outlet_verdict.all": N_("All"),
    "outlet_verdict.flagged": N_("Flagged"),
    "outlet_verdict.usual": N_("As expected"),
    "outlet_verdict.too_few": N_("Too few to say"),
    "outlet_verdict.few_people": N_("Too few people"),
    "outlet_verdict.worse": N_("Got worse"),
    "outlet_what.label": N_("Labels"),
    "outlet_what.disposal": N_("Disposal of labels"),
    "outlet_what.purchase": N_("Mystery purchase"),
    "outlet_what.warning": N_("Warning"),
    "outlet_what.fine": N_("Fine"),
    "outlet_what.closing": N_("Closing"),
    "outlet_what.penalty": N_("Contract penalty"),
    "outlet_part.day": N_("by day, 7–19"),
    "outlet_part.evening": N_("evening, 19–23"),
    "outlet_part.night": N_("night, 23–7"),
}
