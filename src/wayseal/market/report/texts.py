"""The texts of the report of market.report; those that all reports share stand in wayseal.page.texts.

Blanks as there. No <, > or & anywhere.
"""

from wayseal.market.drawn import DRAWN_TEXTS
from wayseal.model.messages import N_

SOURCE_TEXTS = {
    "market_hindrance.login": N_("asks for a login"),
    "market_hindrance.captcha": N_("shows a captcha"),
    "market_hindrance.error_page": N_("shows an error page"),
    "market_hindrance.changed": N_("has another shape"),
    "market_hindrance.robots": N_("robots.txt forbids it, or could not be had"),
    "market_hindrance.budget": N_("the day's requests were used up"),
    "market_hindrance.unreachable": N_("can't be reached"),
    "market_hindrance.timeout": N_("takes too long"),
    "market_hindrance.too_big": N_("answers with too much"),
    "market_hindrance.refused": N_("refuses, or asks to come later"),
    "market_hindrance.forbidden_address": N_("leads to an inside address"),
    "market_hindrance.unreadable": N_("can't be read"),
    "market_hindrance.failed": N_("made a look fail"),
    "market_source.page": N_("list of pages"),
    "market_source.search": N_("search"),
    "market_source.feed": N_("feed"),
    "market_source.json": N_("JSON"),
    "market_source.chat": N_("chat export"),
    "market_source.folder": N_("folder"),
}
"""How sources are called, and why they can't be seen, under codes that pages have as well."""
TEXTS = {
    **DRAWN_TEXTS,
    **SOURCE_TEXTS,
    "week.title": N_("A week of the market"),
    "week.headline": N_(
        "{n:n} new {n:offer|offers} to look at in the week to {day}, {backs:n} {backs:come-back|come-backs}, {own:n} "
        "{own:number|numbers} of our own on offer"
    ),
    "week.headline_unseen": N_("Nobody looked at the market in the week to {day}"),
    "week.lede_before": N_("{n:n} {n:offer|offers} in the week before."),
    "week.lede": N_("Counts are of what was seen in public: how much the watch met, not how much is sold."),
    "week.lede_blind": N_(
        "{n:n} of {all:n} {all:source|sources} couldn't be seen in {looks:n} of {made:n} looks: what went on there is "
        "not in the counts."
    ),
    "week.lede_stopped": N_("The watch stopped: the week ends with its last look."),
    "week.banner": N_("Not all was seen"),
    "week.since": N_("Week from"),
    "week.until": N_("to", context="week.until"),
    "week.new": N_("New offers to look at"),
    "week.waiting": N_("Wait for a decision"),
    "week.sellers_all": N_("Sellers known"),
    "week.backs": N_("Come-backs"),
    "week.own": N_("Own numbers on offer"),
    "week.canaries": N_("Canaries among them"),
    "week.requests_open": N_("Requests open"),
    "week.sources_seen": N_("Sources seen"),
    "week.of": N_("{n:n} of {all:n}"),
    "week.kinds": N_("Offers by kind"),
    "week.kinds_note": N_(
        "New offers of kinds that somebody is to look at, week by week, each counted when it was first seen. A ring "
        "stands for a week in which sellers were back."
    ),
    "week.week": N_("Week from"),
    "week.all": N_("All"),
    "week.offers": N_("Offers"),
    "week.sellers": N_("Sellers that stand out"),
    "week.sellers_note": N_(
        "Seen in this week: those with numbers of our own first, then who was back, then who put out most. That shops "
        "are one seller's is a lead that signals give, never a verdict."
    ),
    "week.no_sellers": N_("No seller was seen with an offer to look at."),
    "week.seller": N_("Seller"),
    "week.new_column": N_("New"),
    "week.shops": N_("Shops"),
    "week.sites": N_("Sites"),
    "week.with_ours": N_("With own numbers"),
    "week.back_column": N_("Back"),
    "week.seen_last": N_("Last seen"),
    "week.backs_note": N_("A seller whose shop was gone or removed is there again: the same shop, or another one."),
    "week.backs_more": N_("{n:n} more."),
    "week.no_backs": N_("No seller whose shop was gone came back."),
    "week.when": N_("When"),
    "week.was": N_("Was"),
    "week.now": N_("Is now"),
    "week.numbers": N_("Numbers of our own"),
    "week.numbers_note": N_("Counts alone; the console shows numbers to whoever may see them."),
    "week.numbers_week": N_(
        "In this week {n:n} {n:number|numbers} in {offers:n} {offers:offer|offers}, {canaries:n} of them "
        "{canaries:a canary|canaries}. By chance one would expect {x:expected}."
    ),
    "week.numbers_ever": N_(
        "Since the watch began {n:n} {n:number|numbers} in {offers:n} {offers:offer|offers}, {canaries:n} of them "
        "{canaries:a canary|canaries}."
    ),
    "week.removals": N_("Requests for removal"),
    "week.removals_week": N_(
        "In this week {asked:n} {asked:was|were} made, {removed:n} came to a removal that was seen, {withdrawn:n} "
        "{withdrawn:was|were} withdrawn."
    ),
    "week.removals_open": N_("{n:n} {n:is|are} open."),
    "week.sources": N_("Sources, and whether they could be seen"),
    "week.source": N_("Source"),
    "week.kind": N_("Kind"),
    "week.looks": N_("Looks", context="week.looks"),
    "week.blind": N_("Unseen"),
    "week.there": N_("Offers there"),
    "week.state": N_("Now"),
    "week.state_seen": N_("seen"),
    "week.state_never": N_("not looked at yet"),
    "week.state_overdue": N_("overdue: nobody looks"),
    "week.blind_source": N_("{source}: {n:n} of {all:n} {all:look|looks} saw nothing ({why})."),
    "week.blind_since": N_("It can't be seen since {at:time}."),
    "week.blind_never": N_("{source} was not looked at in this week."),
    "week.blind_nothing": N_("Each look at each source could see."),
    "week.blind_always": N_(
        "Never seen: what is sold in private chats and closed groups of which nobody brought an export, what stood "
        "between two looks, and what stands in pictures that can't be read."
    ),
    "week.record": N_("Record"),
    "week.lines": N_("{n:n} {n:line|lines}"),
    "week.root": N_("Root"),
    "week.origin_note": N_(
        "Made from the record alone, as it was with so many lines; the command “market verify” shows that it is what "
        "was written."
    ),
    "week.footer": N_(
        "Sellers and shops are named by ids, and phones and the like in them are masked. A seller is a lead, never a "
        "verdict."
    ),
}
"""Codes and their texts."""
