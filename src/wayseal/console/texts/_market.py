"""Codes of the pages of the market's watch."""

from wayseal.market.drawn import DRAWN_TEXTS
from wayseal.market.report.texts import SOURCE_TEXTS
from wayseal.model.messages import N_

MARKET = {
    **DRAWN_TEXTS,
    **SOURCE_TEXTS,
    "place.market": N_("Market", context="place.market"),
    "act.market_text_seen": N_("{who} read the whole text of offer {offer}"),
    "market.parts": N_("Parts of the market's watch"),
    "market_tab.overview": N_("Overview"),
    "market_tab.offers": N_("Offers"),
    "market_tab.sellers": N_("Sellers"),
    "market_tab.sources": N_("Sources"),
    "market_tab.words": N_("Words"),
    "market_tab.removals": N_("Removals"),
    "market_tab.acts": N_("What was done"),
    "market.not_set": N_(
        "No market is watched here: start the console with `WAYSEAL_CONSOLE_MARKET`, the folder in which the watch "
        "keeps its record."
    ),
    "market.nothing_yet": N_(
        "The watch has no record yet. It begins with the first source: `wayseal market add`, then `wayseal market "
        "watch`, or with what is brought in here. This page shows it as soon as it is there."
    ),
    "market.record_changed": N_(
        "The record isn't what was written. Stop the watch, keep the files as they are, and restore the record of "
        "the last backup beside them; other pages go on."
    ),
    "market.record_busy": N_("The watch is writing a lot just now. Nothing is lost: try again in a moment."),
    "market.record_away": N_(
        "The record's disk can't be read or written. Look at the disk and at rights; nothing is lost."
    ),
    "market.record_wrong": N_("The record can't be read. Look at the folder that `WAYSEAL_CONSOLE_MARKET` names."),
    # The overview.
    "market.waiting": N_("offers wait for a decision"),
    "market.begin": N_("Begin with the newest"),
    "market.with_ours": N_("With own numbers"),
    "market.offers": N_("Offers"),
    "market.sellers": N_("Sellers"),
    "market.unseen": N_("sources out of sight"),
    "market.removals_open": N_("open requests for removal"),
    "market.since": N_("Small figures: since your last visit, {at}."),
    "market.unchanged": N_("Nothing changed since your last visit, {at}."),
    "market.stale": N_(
        "Nobody watches: the last look was at {at}, and all others are overdue. Have `wayseal market watch` run, or "
        "looks that are due made each hour."
    ),
    "market.no_sources": N_(
        "No source is watched yet. `wayseal market add` adds one: a page, a feed, a search, an export."
    ),
    "market.no_weeks": N_("Nothing was seen in the last twelve weeks."),
    "market.back_week": N_("sellers were back"),
    "market.prices": N_("Prices"),
    "market.as_table": N_("As a table"),
    "market.week_of": N_("Week from"),
    "market.week_offers": N_("New offers"),
    "market.week_backs": N_("Back"),
    "market.unseen_title": N_("Sources that can't be seen"),
    "market.unseen_since": N_("since {at}"),
    "market.all_seen": N_("All sources are seen."),
    "market.last_backs": N_("Last come-backs"),
    "market.no_backs": N_("No seller whose shop was gone has come back."),
    "market.own_numbers": N_("Own numbers on offer"),
    "market.the_offer": N_("the offer"),
    "market.own_note": N_(
        "A hit can be chance; the waybill's page shows who read it, and on record whether it is a canary."
    ),
    "market.no_own": N_("No number of ours was seen on offer."),
    "market.routes": N_("Routes on offer, last four weeks"),
    "market.no_routes": N_("No offer named a route."),
    # Kinds and what stands in offers.
    "market_kind.logistics": N_("Honest logistics"),
    "market_kind.other": N_("Other"),
    "market_kind_short.waybill": N_("Waybills"),
    "market_kind_short.personal": N_("Personal"),
    "market_kind_short.insider": N_("Insiders"),
    "market_kind_short.empty_parcels": N_("Empty"),
    "market_price.number": N_("¥{yuan} a number"),
    "market_price.label": N_("¥{yuan} a label"),
    "market_price.record": N_("¥{yuan} a record"),
    "market_price.parcel": N_("¥{yuan} a parcel"),
    "market_price.lookup": N_("¥{yuan} a look-up"),
    "market_price.none": N_("¥{yuan}"),
    "market.numbers_in": N_("{n} {n:number|numbers} in it"),
    "market_handle.qq": N_("QQ"),
    "market_handle.wechat": N_("WeChat"),
    "market_handle.telegram": N_("Telegram"),
    "market_handle.phone": N_("phone"),
    "market_handle.email": N_("mail"),
    "market_handle.invite": N_("invitation"),
    "market_handle.payment": N_("payment"),
    "market_handle.link": N_("link"),
    "market_handle.shop": N_("shop"),
    "market_handle.qr": N_("QR code"),
    # The list of offers.
    "market.offers_title": N_("Offers on the market"),
    "market.filter": N_("What is shown"),
    "market_state.new": N_("To decide"),
    "market_state.kept": N_("Kept"),
    "market_state.dismissed": N_("Dismissed", context="market_state.dismissed"),
    "market_state.all": N_("All"),
    "market.flagged": N_("To look at"),
    "market.any_kind": N_("Harmless too"),
    "market.source": N_("Source", context="market.source"),
    "market.any_source": N_("All sources"),
    "market.seller_id": N_("Seller's id"),
    "market.shop_id": N_("Shop's id"),
    "market.clear": N_("No filter"),
    "market.no_offers": N_("No offer has been seen yet. Sources say when they are looked at next."),
    "market.no_match": N_("No offer fits this choice."),
    "market.all_decided": N_("All is decided. What is new stands here at the next look."),
    "market.to_decide": N_("To what waits for a decision"),
    "market.see_all": N_("All offers"),
    "market.offer": N_("Offer"),
    "market.kind": N_("Kind"),
    "market.shop": N_("Shop"),
    "market.state": N_("State", context="market.state"),
    "market.seen_from": N_("First seen"),
    "market.seen_last": N_("Last seen"),
    "market.gone_at": N_("gone since {at}"),
    "market.gone": N_("Gone since"),
    "market.ours_n": N_("{n} own"),
    "market.no_reason": N_("Nothing in the text stands out."),
    # One offer.
    "market.next_offer": N_("Next offer"),
    "market.key_why": N_("Write the reason"),
    "market.text": N_("What stands there"),
    "market.no_text": N_("The offer has no text; see its pictures."),
    "market.weight": N_("{weight:times} times as likely"),
    "market.masked": N_("Asterisks hide what may be a bystander's: phone and identity numbers."),
    "market.show_whole": N_("Show the whole text…"),
    "market.show_whole_go": N_("Record it and show it"),
    "market.whole_note": N_(
        "Who, which offer, when and why is recorded before it is shown; it lasts a quarter of an hour."
    ),
    "market.whole_until": N_("whole text, until {at}"),
    "market.reasons": N_("Why it is taken for this"),
    "market.said": N_("What it says"),
    "market.price": N_("Price"),
    "market.route": N_("Route"),
    "market.anywhere": N_("anywhere"),
    "market.couriers": N_("Couriers"),
    "market.handles": N_("Contacts"),
    "market.numbers": N_("Numbers in it"),
    "market.number": N_("Number", context="market.number"),
    "market.reads_so": N_("Reads so"),
    "market.stands_in": N_("Stands in"),
    "market.whose": N_("Whose"),
    "market_place.text": N_("the text"),
    "market_place.picture": N_("a picture"),
    "market.own": N_("ours"),
    "market.not_own": N_("not known as ours"),
    "market.no_numbers": N_("No waybill number was read."),
    "market.expected": N_("Hits to be expected by chance alone: {n:expected}."),
    "market.pictures": N_("Pictures"),
    "market.picture": N_("Picture"),
    "market.codes": N_("Codes"),
    "market.lines": N_("Lines"),
    "market.decide": N_("Decide"),
    "market.decided": N_("{state} by {who}, {at}."),
    "market.keep": N_("Keep"),
    "market.dismiss": N_("Dismiss", context="market.dismiss"),
    "market.to_queue": N_("Into the queue of cases"),
    "market.queue_note": N_("Seller, contacts and own numbers go along; a case is made from there."),
    "market.no_queue": N_("No ledger is set: there is no queue of cases here."),
    "market_why.harmless": N_("honest logistics"),
    "market_why.no_goods": N_("talk, no goods"),
    "market_why.sells": N_("sells what it says"),
    "market_why.sample": N_("shows a sample"),
    "market_done.kept": N_("Kept:"),
    "market_done.dismissed": N_("Dismissed:"),
    "market.ask_removal": N_("Ask the site to remove it…"),
    "market.kinds": N_("What it may be"),
    "market.lead": N_("A reading is a lead: look at the text before you decide."),
    "market.where": N_("Where it stands"),
    "market.seller": N_("Seller"),
    "market.no_seller": N_("linked to nobody yet"),
    "market.address": N_("Address", context="market.address"),
    "market.posted": N_("Put there"),
    "market.versions": N_("Versions seen"),
    "market.capture": N_("Capture"),
    "market.capture_id": N_("Id", context="market.capture_id"),
    "market.record_line": N_("Line in the record"),
    "market.line_of": N_("{seq} of {size}"),
    "market.kept_at": N_("Kept at"),
    "market.proof": N_("Proof of inclusion"),
    "market.capture_gone": N_(
        "What was captured has been removed, as retention says; that it was there stays on record."
    ),
    # A capture.
    "market.capture_title": N_("Capture {id}"),
    "market.capture_what": N_("What was kept"),
    "market.answer": N_("Answer"),
    "market.bytes": N_("{n} bytes"),
    "market.body_sha": N_("SHA-256 of the body"),
    "market.warc_place": N_("from byte {offset}, {length} bytes"),
    "market.check_title": N_("Check it without us"),
    "market.check_body": N_(
        "The body lies in the WARC file, from its first record there. Its SHA-256 has to be the one beside:"
    ),
    "market.check_line": N_(
        "That it was on record, in this place, and hasn't been changed since: the proof holds the line, the hashes up "
        "to the root, and the tree's size (RFC 9162). Compare the root with a checkpoint that somebody else keeps."
    ),
    # Sources.
    "market.sources_title": N_("Sources"),
    "market.sight": N_("Sight"),
    "market.seen_well": N_("seen"),
    "market.not_yet": N_("not looked at yet"),
    "market.looked": N_("Last look"),
    "market.seen_at": N_("seen last {at}"),
    "market.next_look": N_("Next look"),
    "market.overdue": N_("overdue"),
    "market.looks": N_("Looks made / planned"),
    "market.missed": N_("{n} not made"),
    "market.budget": N_("Budget"),
    "market.a_day": N_("{n} a day"),
    "market.every": N_("every {length}"),
    "market.robots_ignored": N_("robots.txt isn't obeyed:"),
    "market.sources_note": N_(
        "What can't be seen is never taken for gone: offers of such a source stay as they were seen last."
    ),
    "market_hindrance.none": N_("can't be seen"),
    "market_todo.login": N_(
        "Look with your own account and import what you see with `wayseal market import`. The watch signs in nowhere."
    ),
    "market_todo.captcha": N_(
        "Wait: it is tried again, more rarely. The watch answers no captcha; lower its budget, or look by hand and"
        " import."
    ),
    "market_todo.error_page": N_(
        "Nothing for now: it is tried again. If it lasts for a day, look whether the address is still right."
    ),
    "market_todo.changed": N_(
        "Look at the page and bring what the source says of its shape up to date; then have one look made."
    ),
    "market_todo.robots": N_(
        "The site doesn't want it. Leave it, or record with counsel's word why it is watched all the same."
    ),
    "market_todo.budget": N_("It goes on tomorrow. Raise the budget only if the site can bear it."),
    "market_todo.unreachable": N_(
        "It is tried again. Look whether the site moved or closed; a closed one is worth a look under another name."
    ),
    "market_todo.timeout": N_("It is tried again, with a longer pause. If it lasts, look more rarely."),
    "market_todo.too_big": N_("Point the source at a smaller page, or raise the most bytes that it takes."),
    "market_todo.refused": N_(
        "It is tried again when the site says so. If it lasts, look more rarely, or ask the site."
    ),
    "market_todo.forbidden_address": N_(
        "Somebody may want the watch to look inside. Take the source out, and tell whoever guards the network."
    ),
    "market_todo.unreadable": N_(
        "Look at the capture: its encoding or format is none that we know. Another address may help."
    ),
    "market_todo.failed": N_(
        "It is tried again, more rarely each time. Report what `wayseal market queue` says of it as a fault of ours."
    ),
    "market_todo.none": N_("Look at its last capture."),
    "market_todo.late": N_("Its look is overdue: is `wayseal market watch` running, or are looks set to each hour?"),
    "market_todo.first": N_("It is looked at as soon as the watch runs, or somebody looks from here."),
    # What was done.
    "market.acts_title": N_("What was done by hand"),
    "market.acts_lede": N_(
        "Who did what, and when, from the market's record. Offers, sellers, and what somebody wrote aren't shown here."
    ),
    "market.no_acts": N_("Nothing was done by hand yet."),
    "market.something": N_("something of the market"),
    "market_act.triaged": N_("{who} decided on {about}: {state}"),
    "market_act.joined": N_("{who} said that one seller wrote {about}"),
    "market_act.split": N_("{who} said that not one seller wrote {about}"),
    "market_act.taken_back": N_("{who} took back what was said of {about}"),
    "market_act.learnt": N_("{who} put in force what decisions teach the reading"),
    "market_act.unlearnt": N_("{who} took back what decisions taught the reading"),
    "market_act.asked": N_("{who} asked for a removal: {about}"),
    "market_act.reminded": N_("{who} reminded the site of {about}"),
    "market_act.answered": N_("{who} wrote down what the site answered to {about}: {state}"),
    "market_act.escalated": N_("{who} handed {about} on"),
    "market_act.accused": N_("{who} wrote down what the accused said of {about}"),
    "market_act.heard": N_("{who} heard the accused about {about}"),
    "market_act.withdrawn": N_("{who} withdrew {about}"),
    "market_act.removed": N_("{about} was seen to be gone"),
    "market_act.word": N_("{who} decided on the word {about}: {state}"),
    # Sellers.
    "market.sellers_title": N_("Sellers on the market"),
    "market_sort.last_at": N_("Seen last"),
    "market_sort.flagged": N_("Most offers"),
    "market_sort.shops": N_("Most shops"),
    "market_sort.ours": N_("Most with own numbers"),
    "market.no_sellers": N_("Nobody is taken for a seller yet: that takes offers that somebody is to look at."),
    "market.offers_flagged": N_("To look at / all"),
    "market.shops": N_("Shops"),
    "market.sites": N_("Sources"),
    "market.sellers_note": N_(
        "Who is taken for one is weighed from what offers share; it is a lead, and a person may join and split."
    ),
    "market.seller_title": N_("Seller {id}"),
    "market.seller_counts": N_(
        "{offers} {offers:offer|offers} in {shops} {shops:shop|shops}, {sources} {sources:source|sources}"
    ),
    "market.all_offers": N_("All its offers"),
    "market.join": N_("Join with…"),
    "market.join_go": N_("Join"),
    "market.other": N_("Id of another offer, or of a seller"),
    "market.at_next_look": N_("Who is taken for one changes at the watch's next look."),
    "market_said.join": N_("Joined, on record. Who is taken for one changes at the watch's next look."),
    "market_said.split": N_("Split, on record. Who is taken for one changes at the watch's next look."),
    "market_said.take_back": N_("Taken back, on record. Who is taken for one changes at the watch's next look."),
    "market.shops_over_time": N_("Shops over time"),
    "market.no_shops": N_("Its sources know no shops."),
    "market_shop.seen": N_("open", context="market_shop.seen"),
    "market_shop.asked": N_("asked to remove"),
    "market_shop.removed": N_("removed"),
    "market_shop.gone": N_("gone"),
    "market_shop.missed": N_("missed, may be gone"),
    "market_shop.quiet": N_("quiet"),
    "market_shop.unseen": N_("can't be seen"),
    "market_shop.back": N_("back"),
    "market.key_open": N_("seen open"),
    "market.key_gone": N_("gone, looked for since"),
    "market.key_back": N_("the seller was back"),
    "market.before": N_("offer before"),
    "market.now": N_("offer now"),
    "market.graph": N_("What links its shops"),
    "market.graph_desc": N_(
        "Each line is a link, and how many times as likely it makes one seller of two; choose one to see both offers "
        "side by side."
    ),
    "market.graph_more": N_("{n} more {n:shop|shops} in the table alone."),
    "market.one_shop": N_("One shop: nothing to link."),
    "market.link_told": N_("{signal}, {weight:times} times as likely one seller: see both offers"),
    "market_signal.person": N_("A person's word"),
    "market_signal.shop": N_("Same shop"),
    "market_signal.handle": N_("Same contact"),
    "market_signal.qr": N_("Same QR code"),
    "market_signal.link": N_("Same link"),
    "market_signal.picture": N_("Same picture"),
    "market_signal.mirror": N_("Mirrored picture"),
    "market_signal.text": N_("Same text"),
    "market_signal.style": N_("Style"),
    "market_signal.rhythm": N_("Rhythm"),
    "market.pair": N_("Two offers side by side"),
    "market.pair_weight": N_("together {weight:times} times as likely one seller"),
    "market.close_pair": N_("Close", context="market.close_pair"),
    "market.split": N_("These are two"),
    "market.confirm_join": N_("This is one"),
    "market.all_links": N_("All {n} {n:link|links}"),
    "market.shop_pairs": N_("Shops and what links them"),
    "market.signals_n": N_("{n} {n:signal|signals}"),
    "market.signal": N_("Signal"),
    "market.weight_head": N_("Times as likely"),
    "market.one_offer": N_("One offer"),
    "market.other_offer": N_("Other offer"),
    "market.side_by_side": N_("side by side"),
    "market.more_links": N_("{n} weaker links aren't listed."),
    "market.judged": N_("What people said"),
    "market_judged.joined": N_("Joined", context="market_judged.joined"),
    "market_judged.split": N_("Split", context="market_judged.split"),
    "market.take_back": N_("Take back"),
    "market.undone": N_("taken back"),
}
