"""The texts of the report of detect.report; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "detect.title": N_("Reads that no work explains"),
    "detect.headline": N_(
        "{n:n} {n:case|cases} to look into: {accounts:n} {accounts:account reads|accounts read} what no work explains"
    ),
    "detect.headline_rest": N_("; {s:share} of the first reads could not be judged"),
    "detect.headline_blind": N_(
        "Could not be judged: of {s:share} of the first reads no table says whether they were work"
    ),
    "detect.headline_unread": N_("Could not be judged: there are no reads"),
    "detect.headline_watched": N_("No account stands out enough to act on"),
    "detect.headline_none": N_("No account stands out"),
    "detect.headline_none_judged": N_("No account stands out, as far as this could be judged"),
    "detect.lede": N_(
        "A case is a lead for an analyst, never a verdict: accounts are shared and stolen, and work is done that "
        "no table knows. Open a case to see whose it is, hear the person concerned, and record what you decide."
    ),
    "detect.lede_watched": N_(
        "What stands out is too little to act on: it is more likely work than not, and little is expected to be lost "
        "by it. It stands below, to be watched."
    ),
    "detect.lede_none": N_(
        "In this window no account's reads speak clearly enough against work. That says nothing about reads that "
        "work explains and that were sold all the same."
    ),
    "detect.lede_blind": N_(
        "That no account stands out means nothing here: the tables that tell work from what is none are missing, or "
        "don't fit the log. What is missing stands below; bring it into the ledger, and look again."
    ),
    "detect.since": N_("First day ({offset})"),
    "detect.until": N_("Last day"),
    "detect.accounts": N_("Accounts that read"),
    "detect.reads": N_("Reads"),
    "detect.first_reads": N_("First reads of a parcel by an account"),
    "detect.explained": N_("Explained by work"),
    "detect.mandate": N_("Under a mandate over all waybills"),
    "detect.learnt": N_("Looks like the account's work"),
    "detect.weak": N_("Only by a responsibility or an area"),
    "detect.unexplained": N_("Not explained"),
    "detect.left_out": N_("Left out: of waybills that no table knows"),
    "detect.of_first": N_("{n:n} ({s:share})"),
    "detect.budget": N_("Cases a day at most"),
    "detect.held": N_("Waiting for room in the budget"),
    "detect.false_alarm": N_("Cost of a false alarm, in parcels a day"),
    "detect.days": N_("Not explained, by day"),
    "detect.days_note": N_(
        "First reads that nothing explains, of all accounts together. Each day has some: misdialled numbers, "
        "colleagues who help out, work that no table knows."
    ),
    "detect.days_desc": N_("First reads that nothing explains by day; the highest column is {n:n}."),
    "detect.day": N_("Day"),
    "detect.first": N_("First reads"),
    "detect.cases": N_("The cases"),
    "detect.case_column": N_("Case"),
    "detect.score": N_("Probability"),
    "detect.loss": N_("Expected loss a day"),
    "detect.state": N_("State"),
    "detect.state_new": N_("not opened yet"),
    "detect.state_opened": N_("opened"),
    "detect.state_in_progress": N_("in progress"),
    "detect.state_waiting": N_("waiting for somebody"),
    "detect.state_reopened": N_("reopened"),
    "detect.state_duplicate": N_("closed: known already"),
    "detect.state_no_case": N_("closed: no case"),
    "detect.state_merged": N_("merged into another case"),
    "detect.state_true": N_("closed: it was no work"),
    "detect.state_false": N_("closed: it was work"),
    "detect.case_state": N_(" · {state}"),
    "detect.case": N_("{score:%}: {who}"),
    "detect.case_numbered": N_("Case {id}, {score:%}: {who}"),
    "detect.case_joint": N_("{n:n} accounts together"),
    "detect.strength_weak": N_("weak"),
    "detect.strength_clear": N_("clear"),
    "detect.strength_strong": N_("strong"),
    "detect.strength_very_strong": N_("very strong"),
    "detect.case_strength": N_("The evidence is {strength}."),
    "detect.case_loss": N_("About {loss:expected} {loss:parcel|parcels} a day expected to be lost."),
    "detect.case_loss_if": N_(
        "About {loss:expected} {loss:parcel|parcels} a day expected to be lost: {n:expected} if it is right."
    ),
    "detect.case_moved": N_("Its probability went from {before:%} at the end of the alert's day to {now:%} now."),
    "detect.case_moved_by": N_(
        "Its probability went from {before:%} at the end of the alert's day to {now:%} now; what moved it most: "
        "{reasons}."
    ),
    "detect.case_stayed": N_("Its probability has stood at {now:%} since the day of the alert."),
    "detect.course": N_("The probability, day by day"),
    "detect.course_desc": N_("The probability at the end of each day: {before:%} on {first}, {now:%} on {last}."),
    "detect.case_young": N_("All of it is of three days at most: such a stretch may be help, training or an audit."),
    "detect.case_reads": N_("{n:n} unexplained {n:read|reads} of single parcels."),
    "detect.case_tipped": N_("The balance tipped on {t:time}."),
    "detect.case_by": N_("Linked by {by}."),
    "detect.both_links": N_("{first} and {last}"),
    "detect.by_device": N_("a common device"),
    "detect.by_ip": N_("a common address"),
    "detect.by_case": N_("being in one case already"),
    "detect.by_rhythm": N_("beginning within minutes of each other, day after day"),
    "detect.by_range": N_("splitting ranges of numbers among them"),
    "detect.person": N_("{id} ({about})"),
    "detect.why": N_("Why it stands out"),
    "detect.sentence": N_("{text}."),
    "detect.against_peers": N_("Held against {n:n} {n:other|others} of its role at places of like size{range}; {own}."),
    "detect.against_role": N_(
        "Nobody else of its role is at a place of like size: held against the {n:n} {n:other|others} of its role"
        "{range}; {own}."
    ),
    "detect.against_everybody": N_(
        "Nobody else has its role: held against all {n:n} {n:account that reads|accounts that read}{range}; {own}."
    ),
    "detect.against_nobody": N_("There was nobody to compare it with; {own}."),
    "detect.against_same": N_("The others in these days{range}; {own}."),
    "detect.against_unknown": N_(
        "Of what these read {s:share} is explained by no table: it isn't the share that counts, but that it is unlike "
        "theirs and its own."
    ),
    "detect.claim_peers": N_("{text}; {n:n} {n:other|others} of its role at places of like size{range}."),
    "detect.claim_role": N_("{text}; {n:n} {n:other|others} of its role{range}."),
    "detect.claim_everybody": N_("{text}; all {n:n} {n:account that reads|accounts that read}{range}."),
    "detect.against_canary_touch": N_("No work leads to a canary, so there is nothing to hold it against."),
    "detect.against_partner_contract": N_("Held against its contract."),
    "detect.range": N_(": {low:n} to {high:n}", context="detect.range"),
    "detect.range_none": N_(": none", context="detect.range_none"),
    "detect.own": N_("its own {days:n} {days:day|days} before: {n:n}"),
    "detect.own_none": N_("it has no days of its own before"),
    "detect.refute": N_("What would refute it: {text}"),
    "detect.refute_unexplained_first_reads": N_(
        "tickets for these parcels, a roster that shows help at another outlet, an assignment "
        "for that region, customer or interface, a drill or audit that was announced."
    ),
    "detect.refute_responsibility_only": N_("a report or check of the area that somebody had asked for."),
    "detect.refute_own_tickets": N_(
        "the calls or messages for which these tickets were opened, or who asked for them."
    ),
    "detect.refute_beyond_role": N_(
        "a task that brought it so much more to read on these days, or others at work under this login."
    ),
    "detect.refute_before_pickup": N_("work on orders before pickup, or scans that came late or are missing."),
    "detect.refute_number_walks": N_(
        "a shop or customer whose parcels have these numbers, and a ticket or assignment for it."
    ),
    "detect.refute_grown": N_(
        "a contract, customer or task that was added on that day, or a system that was moved to this login."
    ),
    "detect.refute_inhuman_tempo": N_("a job or list of the system's own that opens many parcels at once."),
    "detect.refute_heavy_actions": N_("an order for these exports or prints, such as a report or new labels."),
    "detect.refute_fields_beyond_purpose": N_(
        "a new step of work that needs these fields, or a purpose that is entered wrongly."
    ),
    "detect.refute_new_device_or_address": N_("a device that IT handed out, a move, another network; ask the person."),
    "detect.refute_unusual_hour": N_("a roster that has a shift or overtime at these hours."),
    "detect.refute_two_places_at_once": N_("a login that is shared by design, or a second screen at the same desk."),
    "detect.refute_route_sweeps": N_("a planning task or report on these routes."),
    "detect.refute_canary_touch": N_("a drill that was announced, or a canary that was made for this account."),
    "detect.refute_partner_contract": N_(
        "a change of the contract that its file lacks, or a gap in the partner's own log."
    ),
    "detect.ask_unexplained_first_reads": N_(
        "Who wanted these parcels looked up, and where is that written down? Who else works under this login?"
    ),
    "detect.ask_responsibility_only": N_("Who asked for a look at the whole area, and what became of it?"),
    "detect.ask_own_tickets": N_("Who called about these parcels, and from which number?"),
    "detect.ask_beyond_role": N_("What was so much to do on these days, and who gave it out?"),
    "detect.ask_before_pickup": N_("How did it know these numbers before the parcels were handed over?"),
    "detect.ask_number_walks": N_("Where does the list of these numbers come from?"),
    "detect.ask_grown": N_("What was added to its work on the first of these days, and by whom?"),
    "detect.ask_inhuman_tempo": N_("Does a program run under this login, and whose is it?"),
    "detect.ask_heavy_actions": N_("Whom were the files or labels for, and where are they now?"),
    "detect.ask_fields_beyond_purpose": N_("Which step of work needs these fields?"),
    "detect.ask_new_device_or_address": N_("Whose device is it, and since when?"),
    "detect.ask_unusual_hour": N_("Who was on duty at these hours, and who was in the room?"),
    "detect.ask_two_places_at_once": N_("Who knows the password, and who sat at the other place?"),
    "detect.ask_route_sweeps": N_("Who asked for these routes, and what for?"),
    "detect.ask_canary_touch": N_("How did it come by a number that was never on a parcel?"),
    "detect.ask_partner_contract": N_("Which customer or step of the partner needed these reads?"),
    "detect.ground_outlet": N_("{n:n} {n:read|reads} at {id} {n:looks|look} like that outlet's work and didn't count."),
    "detect.ground_interface": N_(
        "{n:n} {n:read|reads} of what {id} issued {n:looks|look} like its work and didn't count."
    ),
    "detect.ground_area": N_("{n:n} {n:read|reads} in the own region counted weakly."),
    "detect.period": N_(" (counted from {first} to {last})"),
    "detect.period_day": N_(" (counted on {first})"),
    "detect.people": N_("Accounts", context="detect.people"),
    "detect.odd": N_("Unexplained", context="detect.odd"),
    "detect.cases_more": N_("{n:n} more {n:case|cases}"),
    "detect.cases_more_note": N_(
        "Only the cases by which most is expected to be lost are told here. The JSON has all of them, "
        "`wayseal case list` lists them."
    ),
    "detect.people_more": N_("{n:n} more {n:account|accounts}: their reasons stand in the JSON."),
    "detect.strength": N_("Strength"),
    "detect.total": N_("Together"),
    "detect.why_unexplained_first_reads": N_("{id} read {value:n} {value:parcel|parcels} that no work explains"),
    "detect.why_unexplained_first_reads_at": N_(
        "{id} read {value:n} {value:parcel|parcels} that never passed {place}, and to which no ticket or duty leads"
    ),
    "detect.why_responsibility_only": N_(
        "{id} read {value:n} {value:parcel|parcels} of its area without a ticket or a stop at its place"
    ),
    "detect.why_own_tickets": N_(
        "{id} read {value:n} {value:parcel|parcels} that only a ticket explains which it opened itself"
    ),
    "detect.why_beyond_role": N_(
        "{id} first-read {value:n} {value:parcel|parcels} on {days:n} {days:day|days}, far more than others of its "
        "role, whatever explains these reads"
    ),
    "detect.why_before_pickup": N_(
        "{value:n} of its unexplained reads {value:was of a parcel|were of parcels} that nobody had scanned yet"
    ),
    "detect.why_number_walks": N_(
        "{value:n} of its unexplained reads {value:was|were} of numbers that follow each other"
    ),
    "detect.why_grown": N_(
        "since the first of these days {id} reads more than before, and others of its role don't: {value:n} first "
        "{value:read|reads} that nothing explains one by one"
    ),
    "detect.why_inhuman_tempo": N_(
        "{value:n} of its unexplained reads came within a second of the one before, quicker than a person reads"
    ),
    "detect.why_heavy_actions": N_(
        "{id} exported, printed or decrypted {value:n} {value:time|times}, out of proportion to its reads"
    ),
    "detect.why_fields_beyond_purpose": N_(
        "{id} read fields {value:n} {value:time|times} that its role doesn't read for that purpose"
    ),
    "detect.why_new_device_or_address": N_(
        "{value:n} {value:read|reads} of {id} came through a device or address that neither it nor its colleagues "
        "there had used before"
    ),
    "detect.why_unusual_hour": N_(
        "{value:n} {value:read|reads} of {id} came at hours at which neither it nor its peers work"
    ),
    "detect.why_two_places_at_once": N_(
        "{id} was in use in two places at once on {value:n} {value:occasion|occasions}"
    ),
    "detect.why_route_sweeps": N_("{id} asked for {value:n} different {value:route|routes}, origin by destination"),
    "detect.why_canary_touch": N_("{id} read {value:n} {value:canary|canaries}: parcels that exist for nobody"),
    "detect.why_partner_contract": N_(
        "{value:n} {value:read|reads} of {id} that its contract doesn't allow, or that its own log lacks"
    ),
    "detect.read": N_("{waybill} on {t:time}"),
    "detect.read_early": N_("{waybill} on {t:time}, before anybody had scanned it"),
    "detect.read_unknown": N_("{waybill} on {t:time}, a number that no table knows"),
    "detect.read_own_ticket": N_("{waybill} on {t:time}, explained only by a ticket that the reader opened"),
    "detect.read_weak": N_("{waybill} on {t:time}, in its area"),
    "detect.reads_more": N_("{n:n} more; the JSON has up to 1,000 numbers of each case."),
    "detect.watched": N_("To watch: {n:n} {n:case|cases}, not enough to act on"),
    "detect.watched_note": N_(
        "More likely work than not, and little is expected to be lost. If it goes on, the evidence grows with the "
        "days, and they come up. Nobody is told."
    ),
    "detect.missing": N_("Which table would settle it"),
    "detect.missing_note": N_(
        "Most reads of these roles are explained by no table, so that their work and a pull look more alike than need "
        "be. What is named here would tell them apart."
    ),
    "detect.missing_role": N_("role {name}"),
    "detect.missing_kind": N_("accounts without a role, kind {name}"),
    "detect.missing_anybody": N_("accounts that no table knows"),
    "detect.missing_actors": N_(
        "Rows in `actors` for {n:n} {role} would say whose work these are: up to {reads:n} reads ({s:share} of theirs)."
    ),
    "detect.missing_actors_outlet": N_(
        "Outlets in `actors` for {role} ({n:n} {n:account|accounts}) would explain up to {reads:n} of their reads "
        "({s:share})."
    ),
    "detect.missing_actors_region": N_(
        "Regions in `actors` for {role} ({n:n} {n:account|accounts}) would explain up to {reads:n} of their reads "
        "({s:share})."
    ),
    "detect.missing_scans": N_(
        "Scans would explain up to {reads:n} reads of {role} ({n:n} {n:account|accounts}; {s:share} of theirs)."
    ),
    "detect.missing_tickets": N_(
        "Tickets for {role} ({n:n} {n:account|accounts}) would explain up to {reads:n} of their reads ({s:share})."
    ),
    "detect.missing_assignments_channel": N_(
        "Assignments of issuing interfaces to {role} ({n:n} {n:account|accounts}) would explain up to {reads:n} of "
        "their reads ({s:share})."
    ),
    "detect.missing_assignments_region": N_(
        "Assignments of regions to {role} ({n:n} {n:account|accounts}) would explain up to {reads:n} of their reads "
        "({s:share})."
    ),
    "detect.missing_assignments": N_(
        "Assignments for {role} ({n:n} {n:account|accounts}), or a mandate, would explain up to {reads:n} of their "
        "reads ({s:share})."
    ),
    "detect.missing_lone": N_(
        "{id} alone has {n:n} of these ({s:share}): look at it first, as that table would explain away what nobody "
        "else of its role does."
    ),
    "detect.judged": N_("What could not be judged"),
    "detect.judged_note": N_("Each gap makes detection blinder, and is none of the accounts' doing."),
    "detect.next": N_("What to do"),
    "detect.next_open": N_("See whose a case is (recorded): {command}"),
    "detect.next_reads": N_("See all its reads, with session, address and device (recorded): {command}"),
    "detect.next_explain": N_("See why a read is no work: {command}"),
    "detect.next_verdict": N_("Record what you decided; it is used: {command}"),
    "detect.digest": N_("Ledger"),
    "detect.footer": N_("A lead for investigators, not proof of guilt."),
    "not.no_reads": N_("The ledger holds no reads."),
    "not.waybills": N_("The table waybills is missing: routes, customers and issuing interfaces explain nothing."),
    "not.scans": N_(
        "The table scans is missing: where a parcel was is known from its route alone, reads before pickup can't "
        "be told, and hubs' reads have no explanation."
    ),
    "not.tickets": N_("The table tickets is missing: reads for an inquiry or complaint have no explanation."),
    "not.actors": N_(
        "The table actors is missing: nobody's outlet, role or rights are known, so everybody is compared with "
        "everybody."
    ),
    "not.assignments": N_(
        "The table assignments is missing: who answers for what is known from the table actors alone."
    ),
    "not.outlets": N_("The table outlets is missing: cities and regions explain nothing."),
    "not.few_accounts": N_("Only {n:n} {n:account|accounts} read anything: too few to learn from them what is usual."),
    "not.unknown_waybills": N_(
        "{share:share} of first reads are of waybills of which no table knows anything; these were left out."
    ),
    "not.common_right": N_(
        "{share:share} of accounts hold the right {right}: it says nothing of anybody's work, and explains no read."
    ),
    "not.idle_accounts": N_(
        "Nothing explains a single read of {n:n} {n:account|accounts} ({share:share} of first reads): actors, tickets "
        "and assignments don't name {n:it|them}, or name outlets otherwise than scans and waybills do."
    ),
    "not.detector": N_("{name}: needs {needs}."),
    "detect.column": N_("{table}.{column}"),
    "remark.stray": N_(
        "{n:n} {n:read has a time|reads have times} far outside the log and {n:was|were} left out: a clock jumped."
    ),
    "detector.unexplained_first_reads": N_("Unexplained first reads"),
    "detector.responsibility_only": N_("Responsibility alone"),
    "detector.own_tickets": N_("Only own tickets"),
    "detector.beyond_role": N_("Far beyond the role"),
    "detector.before_pickup": N_("Before pickup"),
    "detector.number_walks": N_("Walks through numbers"),
    "detector.grown": N_("Reads more than before"),
    "detector.inhuman_tempo": N_("Quicker than a person"),
    "detector.heavy_actions": N_("Exports, prints, decryptions"),
    "detector.fields_beyond_purpose": N_("Fields beyond the purpose"),
    "detector.new_device_or_address": N_("New device or address"),
    "detector.unusual_hour": N_("Unusual hours"),
    "detector.two_places_at_once": N_("Two places at once"),
    "detector.route_sweeps": N_("Route sweeps"),
    "detector.canary_touch": N_("Canary touched"),
    "detector.partner_contract": N_("Contract broken"),
}
"""Codes, which JSON reports and the docs name, and their texts."""
