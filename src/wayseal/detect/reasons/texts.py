"""The texts of the report of detect.reasons; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "explain.title": N_("Was it work?"),
    "explain.headline_mandate": N_("A right over all waybills covers the read"),
    "explain.headline_strong": N_("Work explains the read: {template:value}"),
    "explain.headline_weak": N_("The account may have to do with the parcel; no work says why it read it"),
    "explain.headline_unexplained": N_("No work in the tables explains the read"),
    "explain.headline_unknown": N_("No table knows this waybill, so nothing explains the read"),
    "explain.lede": N_("{actor} read {waybill} at {first:time} ({zone})."),
    "explain.lede_more": N_(
        "{actor} read {waybill} {n:n} times from {first:time} to {last:time} ({zone}). Detection judges the first "
        "read, and the line above speaks of it."
    ),
    "explain.account": N_("Account"),
    "explain.account_unknown": N_("not in the table actors"),
    "explain.works": N_("Works at"),
    "explain.answers": N_("Answers for"),
    "explain.nowhere": N_("no outlet in the tables"),
    "explain.parcel": N_("Parcel"),
    "explain.parcel_unknown": N_("in none of the tables"),
    "explain.issued": N_("issued {at:time} through {channel}, {origin} → {destination}"),
    "explain.counts": N_("{scans:n} {scans:scan|scans}, {tickets:n} {tickets:ticket|tickets}"),
    "explain.read": N_("Read of {at:time}"),
    "explain.read_first": N_("First read, {at:time}"),
    "explain.done_mandate": N_("Covered by a right: {template:value}. Tried in this order, up to the first that fits:"),
    "explain.done_strong": N_("Work: {template:value}. Tried in this order, up to the first that fits:"),
    "explain.done_weak": N_(
        "No work, but a responsibility: {template:value}. Tried in this order, up to the first that fits:"
    ),
    "explain.done_unexplained": N_("No template fits. What comes nearest to each:"),
    "explain.done_unknown": N_("Nothing is known of the parcel. The templates:"),
    "explain.early": N_("The read came before the parcel's first scan."),
    "explain.step_fits": N_("{template:value}: fits. {text}"),
    "explain.step_no": N_("{template:value}: no. {text}"),
    "explain.more": N_("{n:n} further {n:read|reads}"),
    "explain.more_note": N_("The JSON report has all of them."),
    "explain.missing": N_("What is missing"),
    "explain.missing_note": N_("The ledger has no rows of {tables}; what they would explain can't be seen."),
    "explain.digest": N_("ledger"),
    "explain.footer": N_(
        "A read without an explanation is no accusation: whoever helps out, mistypes a number or tests a system "
        "works without a row in any table."
    ),
    "explain.until_open": N_("from {since:time} on"),
    "explain.until": N_("from {since:time} to {until:time}"),
    "explain.assigned": N_(" (assigned {span})"),
    "explain.scan_fits": N_("{outlet} scanned the parcel at {at:time}, and the account works there."),
    "explain.scan_early": N_(
        "{outlet}, where the account works, scanned the parcel at {at:time}, {gap:hours} after the read; the "
        "template allows {limit:hours}."
    ),
    "explain.scan_late": N_(
        "{outlet}, where the account works, scanned the parcel at {at:time}, {gap:hours} before the read; the "
        "template allows {limit:hours}."
    ),
    "explain.scan_post": N_(
        "{outlet} scanned the parcel at {at:time}, but the account was assigned there {span}, not at the time of "
        "the read."
    ),
    "explain.scan_other": N_("{outlet} scanned the parcel at {at:time}, but the account works at {instead}."),
    "explain.route_fits": N_("{outlet} is an end of the parcel's route, and the account works there."),
    "explain.route_early": N_(
        "{outlet}, where the account works, is an end of the route, but the parcel was issued {gap:hours} after "
        "the read; {limit:hours} are allowed."
    ),
    "explain.route_late": N_(
        "{outlet}, where the account works, is an end of the route, but the parcel's way ended {gap:hours} before "
        "the read; the template allows {limit:hours}."
    ),
    "explain.route_post": N_(
        "{outlet} is an end of the parcel's route, but the account was assigned there {span}, not at the time of "
        "the read."
    ),
    "explain.route_other": N_("{outlet} is an end of the parcel's route, but the account works at {instead}."),
    "explain.ticket_fits": N_(
        "Ticket {ticket} is the account's own, {open}. The read is explained only by a ticket that the reader opened."
    ),
    "explain.ticket_early": N_(
        "Ticket {ticket} is the account's own, but was opened {gap:hours} after the read; the template allows "
        "{limit:hours}."
    ),
    "explain.ticket_late": N_(
        "Ticket {ticket} is the account's own, {open} {gap:hours} before the read; the template allows {limit:hours}."
    ),
    "explain.ticket_other": N_("Ticket {ticket} is {holder}'s."),
    "explain.colleague_fits": N_(
        "Ticket {ticket} is that of {holder}, a colleague in the same role and place, {open}."
    ),
    "explain.colleague_early": N_(
        "Ticket {ticket} is that of {holder}, a colleague, but was opened {gap:hours} after the read; the template "
        "allows {limit:hours}."
    ),
    "explain.colleague_late": N_(
        "Ticket {ticket} is that of {holder}, a colleague, {open} {gap:hours} before the read; the template allows "
        "{limit:hours}."
    ),
    "explain.colleague_other": N_(
        "Ticket {ticket} is that of {holder} ({theirs}), who doesn't share role and place with the account ({ours})."
    ),
    "explain.colleague_own": N_("Ticket {ticket} is the account's own, not a colleague's."),
    "explain.open_closed": N_("opened {opened:time}, closed {closed:time}"),
    "explain.open_still": N_("opened {opened:time} and not closed"),
    "explain.over_closed": N_("closed {closed:time}"),
    "explain.over_still": N_(
        "opened {opened:time} and never closed, which counts as open for 14 days, and these ended"
    ),
    "explain.channel_fits": N_("The account answers for the interface {channel}, through which the parcel came."),
    "explain.channel_post": N_("The account answered for the interface {channel} {span}, not at the time of the read."),
    "explain.channel_other": N_("The parcel came through {channel}; the account answers for {instead}."),
    "explain.customer_fits": N_("The account answers for the customer {customer}, whose parcel it is."),
    "explain.customer_post": N_(
        "The account answered for the customer {customer} {span}, not at the time of the read."
    ),
    "explain.customer_other": N_("The parcel is of customer {customer}; the account answers for {instead}."),
    "explain.area_fits": N_("The account answers for {area}, where the parcel touched {outlet}."),
    "explain.area_post": N_(
        "The parcel touched {outlet} in {area}, for which the account answered {span}, not at the time of the read."
    ),
    "explain.area_other": N_("The parcel touched {outlet} in {area}; the account answers for {instead}."),
    "explain.right_fits": N_("The account holds the right {right}."),
    "explain.nobody": N_("no role and no place"),
    "explain.nothing_custody": N_("The tables hold no scan and no route of the parcel."),
    "explain.nothing_ticket": N_("There is no ticket on the parcel."),
    "explain.nothing_handover": N_("There is no ticket on the parcel."),
    "explain.nothing_channel": N_("No table says through which interface the parcel came."),
    "explain.nothing_customer": N_("No table says whose customer's parcel it is."),
    "explain.nothing_responsibility": N_("The parcel touched no place that the table outlets knows."),
    "explain.gate_role": N_("It is for the role {wanted}; the account's is {has}."),
    "explain.gate_kind": N_("It is for accounts of the kind {wanted}; this one is {has}."),
    "explain.gate_right": N_("It needs the right {wanted}, which the account doesn't hold."),
    "explain.gate_common": N_("So many accounts hold the right {wanted} that it says nothing of anybody's work."),
    "explain.gate_action": N_("It is for reads of the kind {wanted}; this one is {has}."),
    "explain.gate_none": N_("none that the tables know"),
    "explain.assigned_then": N_("Assigned there {span}."),
    "explain.held_then": N_("Assigned to it {span}."),
    "explain.scan_nowhere": N_(
        "{outlet} scanned the parcel at {at:time}, but the tables give the account no place of work."
    ),
    "explain.route_nowhere": N_(
        "{outlet} is an end of the parcel's route, but the tables give the account no place of work."
    ),
    "explain.nearby_fits": N_("{outlet} in {area}, where the account works at {own}, scanned the parcel at {at:time}."),
    "explain.nearby_early": N_(
        "{outlet} in {area}, where the account works at {own}, scanned the parcel at {at:time}, {gap:hours} after "
        "the read; the template allows {limit:hours}."
    ),
    "explain.nearby_late": N_(
        "{outlet} in {area}, where the account works at {own}, scanned the parcel at {at:time}, {gap:hours} before "
        "the read; the template allows {limit:hours}."
    ),
    "explain.nearby_post": N_(
        "{outlet} in {area} scanned the parcel at {at:time}, but the account was assigned to {own} there {span}, "
        "not at the time of the read."
    ),
    "explain.nearby_other": N_(
        "{outlet} in {area} scanned the parcel at {at:time}, but the account works at {instead}, not in that city."
    ),
    "explain.nearby_nowhere": N_(
        "{outlet} in {area} scanned the parcel at {at:time}, but the tables give the account no place of work."
    ),
    "explain.nearend_fits": N_(
        "{outlet} in {area}, where the account works at {own}, is an end of the parcel's route."
    ),
    "explain.nearend_early": N_(
        "{outlet} in {area}, where the account works at {own}, is an end of the route, but the parcel was issued "
        "{gap:hours} after the read; {limit:hours} are allowed."
    ),
    "explain.nearend_late": N_(
        "{outlet} in {area}, where the account works at {own}, is an end of the route, but the parcel's way ended "
        "{gap:hours} before the read; the template allows {limit:hours}."
    ),
    "explain.nearend_post": N_(
        "{outlet} in {area} is an end of the parcel's route, but the account was assigned to {own} there {span}, "
        "not at the time of the read."
    ),
    "explain.nearend_other": N_(
        "{outlet} in {area} is an end of the parcel's route, but the account works at {instead}, not in that city."
    ),
    "explain.nearend_nowhere": N_(
        "{outlet} in {area} is an end of the parcel's route, but the tables give the account no place of work."
    ),
    "explain.channel_nowhere": N_("The parcel came through {channel}; the account answers for no interface."),
    "explain.customer_nowhere": N_("The parcel is of customer {customer}; the account answers for no customer."),
    "explain.area_nowhere": N_("The parcel touched {outlet} in {area}; the account answers for no city and no region."),
    "explain.nothing_city": N_("The tables hold no scan and no route of the parcel at an outlet whose city is known."),
    "reads.title": N_("Reads, one by one"),
    "reads.headline_case": N_("{n:n} {n:read|reads} by {accounts:n} {accounts:account|accounts} of case {case}"),
    "reads.headline_waybill": N_("{n:n} {n:read|reads} of {waybill} by {accounts:n} {accounts:account|accounts}"),
    "reads.headline_none": N_("No read"),
    "reads.lede_odd": N_(
        "The reads behind the reasons of the case. Each is a lead: see what work was near it. Times are {zone}."
    ),
    "reads.lede_all": N_(
        "All reads of the accounts of the case on these days, those behind no reason too. Times are {zone}."
    ),
    "reads.lede_waybill": N_("All reads of the waybill. Times are {zone}."),
    "reads.case": N_("Case"),
    "reads.waybill": N_("Waybill"),
    "reads.days": N_("Period"),
    "reads.days_value": N_("{first} to {last}"),
    "reads.reasons": N_("Reasons"),
    "reads.reads": N_("The reads"),
    "reads.earlier": N_("The newest; {n:n} earlier ones stand in the CSV and the JSON."),
    "reads.time": N_("Time ({zone})"),
    "reads.account": N_("Account"),
    "reads.session": N_("Session"),
    "reads.address": N_("Address"),
    "reads.device": N_("Device"),
    "reads.way": N_("Way"),
    "reads.work": N_("Work near"),
    "reads.read": N_("For a proof"),
    "reads.file": N_("File"),
    "reads.work_fits": N_("{template:value}: {text}"),
    "reads.work_near": N_("None explains it. Nearest: {text}"),
    "reads.work_none": N_("None."),
    "reads.work_unknown": N_("No table knows the parcel."),
    "reads.remarks": N_("Remarks"),
    "reads.unlisted": N_(
        "{reason}: the ledger alone doesn't say which reads these are. `wayseal detect --format json` with the same "
        "register or contracts has some of them."
    ),
    "reads.kept_back": N_(
        "Sessions, addresses and devices are kept back, and accounts are pseudonyms until their case is open. "
        "`wayseal reads --case` shows them, and records who looked."
    ),
    "reads.missing": N_("The ledger has no rows of {tables}; work that they would show can't be seen."),
    "reads.digest": N_("ledger"),
    "reads.footer": N_(
        "A read without work near it is no accusation: whoever helps out, mistypes a number or tests a system works "
        "without a row in any table."
    ),
}
"""Codes, which JSON reports and the docs name, and their texts."""
