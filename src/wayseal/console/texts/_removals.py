"""Codes of the pages of requests for removal."""

from wayseal.model.messages import N_

REMOVALS = {
    "market.removals_title": N_("Requests for removal"),
    "market_removals.due": N_("Due", context="market_removals.due"),
    "market_removals.open": N_("Open", context="market_removals.open"),
    "market_removals.settled": N_("Settled"),
    "market_removals.all": N_("All"),
    "market.no_removals": N_("No site was asked to remove anything yet."),
    "market.no_removals_here": N_("No request fits this choice."),
    "market.nothing_due": N_("Nothing is due."),
    "market.target": N_("Shop or offer"),
    "market.target_hint": N_("Its id, as the watch has it, or an offer's address, which means its shop."),
    "market.stands": N_("How it stands"),
    "market.asked": N_("Asked"),
    "market.days": N_("Days"),
    "market.due_since": N_("since {at}"),
    "market_due.hear": N_("hear the accused"),
    "market_due.answer": N_("answer the site"),
    "market_due.remind": N_("remind"),
    "market_due.escalate": N_("hand on"),
    "market_due_told.hear": N_("Whoever is accused says something. Look at it before anything else."),
    "market_due_told.answer": N_("The site asks for more. Send it, and record that you wrote again."),
    "market_due_told.remind": N_(
        "It can still be seen, and the site is silent. Send the reminder, and record that you did."
    ),
    "market_due_told.escalate": N_(
        "The site refused, or reminders did nothing, or nothing came of handing it on. Somebody else has to decide: "
        "counsel, an authority, or whoever hosts the site."
    ),
    "market.answered_so": N_("the site: {answer}"),
    "market.reminders_n": N_("{n} {n:reminder|reminders}"),
    "market_outcome.open": N_("waiting", context="market_outcome.open"),
    "market_outcome.removed": N_("removed"),
    "market_outcome.withdrawn": N_("withdrawn"),
    "market_answer.accepted": N_("It will be removed"),
    "market_answer.refused": N_("It refuses"),
    "market_answer.more": N_("It asks for more"),
    "market_answer.other": N_("Something else"),
    "market.by_site": N_("Time to removal, by site"),
    "market.all_sites": N_("All together"),
    "market.asked_n": N_("Asked"),
    "market.removed_n": N_("Removed"),
    "market.open_n": N_("Open", context="market.open_n"),
    "market.median_days": N_("Median days"),
    "market.interval": N_("95 % interval"),
    "market.from_days": N_("from {low}"),
    "market.within_week": N_("Within a week"),
    "market.left": N_("What can still be seen"),
    "market.left_desc": N_(
        "The share of all requests whose offer can still be seen, by days since the site was asked, with the band in "
        "which it lies at 95 %. The ring is the median."
    ),
    "market.left_told": N_(
        "Share that can still be seen, by days since the site was asked; the band is the 95 % interval, the ring the "
        "median."
    ),
    "market.left_tip": N_("{share} still there from day {days} on"),
    "market.median_tip": N_("half are removed within {days} days"),
    "market.day_0": N_("asked", context="market.day_0"),
    "market.sites_note": N_(
        "After Kaplan and Meier: a request that is open counts for as long as it has been open, so a site that never "
        "answers doesn't look quick. Where not half came to a removal there is no median yet. Rings are medians, lines "
        "their intervals, dotted where they have no end yet."
    ),
    "market.new_removal": N_("New request"),
    "market.rule": N_("Rule cited"),
    "market.rule_hint": N_("Which rule fits is for counsel to say."),
    "market_rule.express": N_("Provisional Regulations on Express Delivery, art. 34"),
    "market_rule.personal_data": N_("Personal Information Protection Law, art. 10"),
    "market_rule.notice": N_("Civil Code, art. 1195"),
    "market_rule.platform": N_("The site's own terms"),
    "market.goes_to": N_("Where the request goes"),
    "market.goes_to_hint": N_("The site's mail address for complaints, or its form."),
    "market.captures": N_("Captures"),
    "market.captures_hint": N_("Ids of captures that show it; left empty, its newest one."),
    "market.record_removal": N_("Record it, and write the letter"),
    "market.sends_nothing": N_(
        "Nothing is sent: a person sends the letter, in the site's own way, on the day on which it is recorded."
    ),
    "market.removal_title": N_("Request {id}"),
    "market.ran": N_("{days} days"),
    "market.back_again": N_("What was removed can be seen again."),
    "market.ask_again": N_("Ask again"),
    "market.accused_says": N_("Whoever is accused says"),
    "market.letter": N_("The letter"),
    "market.letter_kind": N_("Letter"),
    "market_letter.request": N_("The request"),
    "market_letter.reminder": N_("A reminder"),
    "market.letter_lang": N_("Its language"),
    "market_lang.zh": N_("Chinese"),
    "market_lang.en": N_("English"),
    "market.letter_name": N_("In whose name"),
    "market.letter_contact": N_("Where answers go"),
    "market.letter_needs": N_(
        "Say in whose name it is written and where answers go; the settings `unit` and `contact` say it for good."
    ),
    "market.write_letter": N_("Write it"),
    "market.save_letter": N_("Save as a file"),
    "market.letter_to": N_("To"),
    "market.letter_subject": N_("Subject"),
    "market.letter_body": N_("Text"),
    "market.copy_letter": N_("Copy the text"),
    "market.copy_subject": N_("Copy the subject"),
    "market.copied": N_("Copied"),
    "market.letter_counsel": N_(
        "Counsel checks what is cited before the first letter goes out. Nothing is sent from here: send it yourself, "
        "and record it."
    ),
    "market.what_asked": N_("What was asked"),
    "market.url": N_("Where it stands"),
    "market.course": N_("Course"),
    "market.by_watch": N_("the watch"),
    "market.ended": N_("Its shop is looked at again for a year, and the watch tells when it is back."),
    "market.record_act": N_("What happened"),
    "market_record.heard": N_("I looked at what the accused says"),
    "market_record.reminded": N_("I wrote again"),
    "market_record.answered": N_("The site answered"),
    "market_record.escalated": N_("I handed it on"),
    "market_record.accused": N_("The accused says something"),
    "market_record.withdrawn": N_("Withdraw the request"),
    "market_record_hint.heard": N_("Say what follows: the request stays, changes, or is withdrawn."),
    "market_record_hint.reminded": N_("A reminder, or what the site asked for. It has another three days then."),
    "market_record_hint.answered": N_("What a site says settles nothing: the watch sees whether it is gone."),
    "market_record_hint.escalated": N_("It is due again after thirty days, or as soon as something is recorded."),
    "market_record_hint.accused": N_("It stands in the request, and is told first until somebody looked at it."),
    "market_record_hint.withdrawn": N_("For a mistake, or where the accused is right. What was recorded stays."),
    "market_record_why.heard": N_("What follows"),
    "market_record_why.reminded": N_("How it was sent"),
    "market_record_why.answered": N_("How it came"),
    "market_record_why.escalated": N_("Why, and how"),
    "market_record_why.accused": N_("How it came"),
    "market_record_why.withdrawn": N_("Why"),
    "market_record_go.heard": N_("Record that it was heard"),
    "market_record_go.reminded": N_("Record the letter"),
    "market_record_go.answered": N_("Record the answer"),
    "market_record_go.escalated": N_("Record that it was handed on"),
    "market_record_go.accused": N_("Record what was said"),
    "market_record_go.withdrawn": N_("Withdraw it"),
    "market.its_answer": N_("What it comes to"),
    "market.answer_text": N_("What they say"),
    "market.handed_to": N_("To whom"),
    "market.only_seen_settles": N_(
        "A request is settled when the watch saw that what it asks for is gone, in two looks hours apart."
    ),
}
