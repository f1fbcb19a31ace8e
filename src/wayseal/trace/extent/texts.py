"""The texts of the report of trace.extent; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "extent.title": N_("Extent of a leak"),
    "extent.headline_estimate": N_("About {value:n} numbers leak a day: between {low:n} and {high:n}"),
    "extent.headline_lower_bound": N_("At least {low:n} numbers leak a day; the lists set no upper limit"),
    "extent.headline_nothing": N_("These lists don't say how many numbers leak"),
    "extent.lede_estimate": N_(
        "{total:n} numbers in {days:n} {days:day|days} (95 % interval {low:n} to {high}), by {lists:n} lists that "
        "caught {numbers:n} different numbers. It holds under the assumptions below, none of which the lists can "
        "prove."
    ),
    "extent.lede_lower_bound": N_(
        "At least {low:n} numbers in {days:n} {days:day|days} (one-sided, 97.5 %), by {lists:n} lists that caught "
        "{numbers:n} different numbers."
    ),
    "extent.lede_nothing": N_(
        "An estimate needs two lists that could catch the same number, such as purchases and reports. The file has "
        "{lists:n}."
    ),
    "extent.period": N_("Period"),
    "extent.period_value": N_("{first} to {last}, {days:n} {days:day|days} ({zone})"),
    "extent.total": N_("In all"),
    "extent.daily": N_("A day"),
    "extent.least": N_("At least, by Chao's bound, a day"),
    "extent.share": N_("Share of all waybills"),
    "extent.stock": N_("Stock that purchases came from"),
    "extent.numbers": N_("Different numbers caught"),
    "extent.no_limit": N_("no upper limit"),
    "extent.at_least": N_("at least {low:n}"),
    "extent.range": N_("{value:n} ({low:n} to {high})"),
    "extent.method": N_("How it was estimated"),
    "extent.method_chapman": N_(
        "Two lists: Chapman's estimator with its log-normal interval; below {few} shared numbers, with the exact one."
    ),
    "extent.method_loglinear": N_(
        "{lists:n} lists: log-linear models, compared by {criterion}. The estimate is that of the plainest model "
        "within {within} of the best, the interval covers all of those."
    ),
    "extent.method_apart": N_("No number is on two lists: the exact lower limit of the hypergeometric distribution."),
    "extent.method_chao": N_("No log-linear model could be fitted: the lower limit of Chao's bound."),
    "extent.estimates": N_("Estimates side by side"),
    "extent.estimates_note": N_(
        "Numbers in the whole period, logarithmic. The dashed line is what the lists caught: there are at least as "
        "many."
    ),
    "extent.estimates_desc": N_("Estimates with 95 % intervals; {numbers:n} numbers were caught."),
    "extent.estimate": N_("Estimate"),
    "extent.low": N_("From", context="extent.low"),
    "extent.high": N_("To", context="extent.high"),
    "extent.value": N_("Numbers", context="extent.value"),
    "extent.name_total": N_("result"),
    "extent.name_least": N_("Chao's lower bound"),
    "extent.name_stock": N_("stock behind purchases"),
    "extent.name_model_none": N_("independent lists"),
    "extent.name_model_uneven": N_("uneven chances"),
    "extent.name_model": N_("dependent: {pairs}"),
    "extent.name_pair": N_("{first} × {second}"),
    "extent.lists": N_("Lists"),
    "extent.lists_note_found_by": N_("Ways in which numbers were found."),
    "extent.lists_note_seller": N_("Sellers."),
    "extent.lists_note_day": N_("Days of purchase ({zone})."),
    "extent.list": N_("List"),
    "extent.list_numbers": N_("Numbers", context="extent.list_numbers"),
    "extent.list_shared": N_("Also on another list"),
    "extent.pairs": N_("Two by two"),
    "extent.pairs_note": N_(
        "Chapman's estimate of each pair. Where they differ much, some lists depend on each other or catch other "
        "numbers."
    ),
    "extent.pair_both": N_("On both"),
    "extent.models": N_("Models"),
    "extent.models_note": N_(
        "Log-linear models, best first. Pairs that are named depend on each other. The second column says by how "
        "much a model is worse."
    ),
    "extent.worse": N_("Worse by"),
    "extent.warnings": N_("What to keep in mind"),
    "extent.warn_no_list": N_("No row says how or from whom its number came, so there is no list to compare."),
    "extent.warn_one_list": N_(
        "There is one list only. Reports from recipients, a second seller, or purchases on a second day make another."
    ),
    "extent.warn_small_list": N_("A list has fewer than {n} numbers: the interval is wide, and rough."),
    "extent.warn_small_overlap": N_(
        "Lists share fewer than {n} numbers: the estimate leans on a handful of coincidences and may be far too "
        "high or low."
    ),
    "extent.warn_no_overlap": N_(
        "No number is on two lists. That fits a very large leak; it also fits lists that come from different leaks."
    ),
    "extent.warn_no_upper": N_("The lists share too little for an upper limit; only a lower one is given."),
    "extent.warn_two_lists": N_(
        "Two lists can't test the assumptions below. Where these fail, the truth is mostly higher. A third list, "
        "found in another way, lets dependence be seen."
    ),
    "extent.warn_pairs_apart": N_(
        "Some pairs of lists share nothing. If they come from different leaks, add up their estimates instead."
    ),
    "extent.warn_open": N_(
        "Numbers come and go: those on sale for a few hours can't be caught by a list of another day. That makes "
        "the estimate too high."
    ),
    "extent.warn_dependence": N_(
        "Lists may depend on each other. If a number on one is likelier to be on the other (the same seller, the "
        "same victims), the estimate is too low; if less likely, too high."
    ),
    "extent.warn_chances": N_(
        "Some numbers are easier to catch than others (a route that is asked for, a number that is dialled often). "
        "That makes the estimate too low. Chao's bound holds all the same."
    ),
    "extent.stock_title": N_("The stock behind the purchases"),
    "extent.stock_note": N_(
        "By the birthday problem: how often the same number was bought twice. It supposes that all numbers of the "
        "stock are as likely to be handed over, and stay on sale. Sellers who never hand the same buyer the same "
        "number twice make it too large."
    ),
    "extent.stock_line": N_(
        "{purchases:n} {purchases:purchase|purchases} brought {bought:n} different {bought:number|numbers}."
    ),
    "extent.quality": N_("What was left out"),
    "extent.left_repeated": N_("{n:n} {n:row|rows} stood twice with all columns."),
    "extent.left_foreign": N_("{n:n} {n:number|numbers} the ledger doesn't know; they may be another courier's."),
    "extent.left_unlisted": N_("{n:n} {n:row|rows} don't say which list they belong to."),
    "extent.left_rejected": N_("{n:n} {n:row|rows} of the file can't be read."),
    "extent.footer": N_(
        "An extent is an estimate from what turned up. It counts numbers, and says nothing of who leaked them."
    ),
    "extent.ledger_digest": N_("ledger"),
    "extent.leaks_digest": N_("leaks"),
}
"""Codes, which JSON reports and the docs name, and their texts."""
