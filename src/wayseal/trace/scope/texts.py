"""The texts of the report of trace.scope; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "scope.title": N_("Scope of a breach"),
    "scope.headline_reads": N_("{source} read {n:n} {n:waybill|waybills}"),
    "scope.headline_issued": N_("{source} issued {n:n} {n:waybill|waybills}"),
    "scope.headline_passed": N_("{n:n} {n:parcel|parcels} passed {source}"),
    "scope.headline_none": N_("The ledger shows nothing of {source} in this period"),
    "scope.lede_reads": N_(
        "{reads:n} {reads:read|reads} from {first:time} to {last:time} ({zone}). Being listed says that a number "
        "lay open to this source, not that it was sold."
    ),
    "scope.lede_routes": N_(
        "From {first:time} to {last:time} ({zone}). Being listed says that a number lay open to this source, not "
        "that it was sold."
    ),
    "scope.lede_none": N_("The source is known, but no read, issue or stay of it falls into the period."),
    "scope.headline_asked": N_("What {source} was shown is known from its questions alone"),
    "scope.lede_asked": N_(
        "No read of it is logged in this period, only what it asked. That is no sign that it saw nothing."
    ),
    "scope.asked": N_("Questions without answers"),
    "scope.asked_note": N_(
        "Of {n:n} {n:search|searches} only the question is logged (table `queries`). What {n:it|they} showed is in "
        "no other number here. It was worked out by putting the questions to the parcels as they stood then, where "
        "a question can be read; the system that answered knows better."
    ),
    "scope.asked_shown": N_(
        "{n:n} {n:waybill was|waybills were} shown for certain and {n:is|are} no logged read: the list has "
        "{n:it|them}, marked `query`."
    ),
    "scope.asked_soft": N_(
        "{n:n} further {n:waybill|waybills} may have been shown (about {expected:n} to be expected): a filter that "
        "says less than was asked, a row limit, or fewer rows than fit. {n:It is|They are} not in the list."
    ),
    "scope.period": N_("Period asked for"),
    "scope.period_value": N_("{first} to {last} ({zone})"),
    "scope.period_all": N_("the whole ledger"),
    "scope.period_open": N_("…"),
    "scope.waybills": N_("Waybills to be told of"),
    "scope.column": N_("Waybills"),
    "scope.reads": N_("Reads"),
    "scope.first": N_("First"),
    "scope.last": N_("Last"),
    "scope.account": N_("Role and outlet"),
    "scope.days": N_("By day"),
    "scope.days_note": N_("Days of {zone}. A waybill read on two days stands under both."),
    "scope.days_desc": N_("Waybills by day; the highest column is {n:n}."),
    "scope.day": N_("Day"),
    "scope.hours": N_("By hour of the day"),
    "scope.hours_note": N_("{zone}. Reads; of places, arrivals; of interfaces, issues."),
    "scope.hours_desc": N_("Counts by hour of the day; the highest column is {n:n}."),
    "scope.hour": N_("Hour"),
    "scope.count": N_("Count"),
    "scope.routes": N_("By route"),
    "scope.routes_note": N_("City of origin to city of destination, from the tables waybills and outlets."),
    "scope.routes_none": N_("No route is known: the ledger lacks {tables}."),
    "scope.routes_more": N_(
        "{n:n} further {n:route|routes} with {waybills:n} {waybills:waybill|waybills} in all; the JSON report has "
        "every route."
    ),
    "scope.origin": N_("From", context="scope.origin"),
    "scope.destination": N_("To", context="scope.destination"),
    "scope.unknown": N_("unknown"),
    "scope.actions": N_("By action"),
    "scope.action": N_("Action"),
    "scope.vias": N_("By system"),
    "scope.via": N_("System"),
    "scope.fields": N_("By field shown"),
    "scope.fields_note": N_("What the log says that each read showed."),
    "scope.fields_unsaid": N_("Of {n:n} {n:read|reads} the log doesn't say which fields they showed."),
    "scope.fields_none": N_("The log says of no read which fields it showed."),
    "scope.field": N_("Field"),
    "scope.work": N_("How far known work explains the reads"),
    "scope.work_note": N_(
        "In waybills. No work in the tables is not guilt: work may stand in no table. It says where to ask first."
    ),
    "scope.work_checked": N_("{n:n} {n:waybill|waybills} with a known route {n:was|were} checked."),
    "scope.work_passed": N_("{n:n} touched a place where the account works ({share:share})."),
    "scope.work_ticket": N_("{n:n} others had a ticket of the account."),
    "scope.work_assigned": N_("{n:n} others belong to a customer or an interface that is assigned to it."),
    "scope.work_left": N_("{n:n} {n:is|are} explained by none of these ({share:share})."),
    "scope.work_unknown": N_("{n:n} could not be checked: their route is unknown."),
    "scope.work_no_actor": N_("Nothing can be said: the table actors doesn't know the account."),
    "scope.work_no_place": N_(
        "Nothing can be said: the tables give the account no outlet that parcels pass and no assignment, so it may "
        "have work everywhere."
    ),
    "scope.told": N_("Who must be told"),
    "scope.told_note": N_(
        "The people behind the numbers stand in the vault, not here. The list of waybill numbers is made by:"
    ),
    "scope.authorities": N_("For the report to the authorities"),
    "scope.authorities_note": N_(
        "Only what the ledger shows. What it can't know is left to be filled in by the courier."
    ),
    "scope.auth_waybills": N_("Waybills affected: {n:n}"),
    "scope.auth_period": N_("From {first:time} to {last:time} ({zone})"),
    "scope.auth_categories": N_("Categories of data, as the log names them: {list}"),
    "scope.auth_categories_none": N_("Categories of data: the log doesn't say. To be filled in."),
    "scope.auth_categories_some": N_(
        "Categories of data, as the log names them: {list}; for {n:n} {n:read|reads} it doesn't say."
    ),
    "scope.auth_region": N_("{name}: {sent:n} sent from there, {received:n} received there"),
    "scope.auth_regions_none": N_("Regions: unknown. To be filled in."),
    "scope.auth_article": N_(
        "China's Personal Information Protection Law, article 57, asks for the following; only the first is partly "
        "known here."
    ),
    "scope.auth_kinds": N_(
        "Kinds of information leaked, altered or lost, the causes, and the harm that may follow: to be filled in."
    ),
    "scope.auth_measures": N_(
        "Measures that the courier has taken, and those by which people can lessen the harm: to be filled in."
    ),
    "scope.auth_contact": N_("How the courier can be reached: to be filled in."),
    "scope.missing": N_("What is not in this ledger"),
    "scope.missing_note": N_("With these tables the scope would say more: {tables}."),
    "scope.footer": N_(
        "A scope is what a source could have had. It is a lead for investigators and a list of whom to tell, and "
        "judges nobody."
    ),
    "scope.digest": N_("ledger"),
    "scope.action_none": N_("not said"),
}
"""Codes, which JSON reports and the docs name, and their texts."""
