"""The texts of the report of detect.partners; blanks are those of `wayseal.page.texts`."""

from wayseal.model.messages import N_

TEXTS = {
    "partners.title": N_("Partner interfaces"),
    "partners.headline_breaches": N_(
        "{n:n} of {all:n} {all:partner|partners} with a contract went beyond what was agreed"
    ),
    "partners.headline_breaches_beside": N_(
        "{n:n} of {all:n} {all:partner|partners} with a contract went beyond what was agreed; {alone:n} "
        "{alone:account has|accounts have} none"
    ),
    "partners.headline_clean": N_("No breach was found at {all:n} {all:partner|partners} with a contract"),
    "partners.headline_clean_beside": N_(
        "No breach was found at {all:n} {all:partner|partners} with a contract; {alone:n} "
        "{alone:account has|accounts have} none"
    ),
    "partners.headline_unseen": N_(
        "Nothing could be checked: the ledger has no read of {all:n} {all:partner|partners} with a contract"
    ),
    "partners.headline_unseen_beside": N_(
        "Nothing could be checked: the ledger has no read of {all:n} {all:partner|partners} with a contract; "
        "{alone:n} {alone:account has|accounts have} none"
    ),
    "partners.headline_alone": N_("{alone:n} {alone:account|accounts} of partners, and no contract"),
    "partners.headline_none": N_("No partner is known to this ledger"),
    "partners.lede": N_(
        "Each partner's reads against its contract. A breach says that reads went beyond what was agreed, not why: "
        "a lead to be taken up with the partner."
    ),
    "partners.lede_calls": N_(
        "Each partner's reads against its contract, and against the partner's own log. A breach says that reads "
        "went beyond what was agreed, not why: a lead to be taken up with the partner."
    ),
    "partners.partners": N_("Partners"),
    "partners.partners_value": N_("{n:n} with a contract, {alone:n} without"),
    "partners.reads": N_("Reads"),
    "partners.reads_value": N_("{n:n}, {alone:n} of them without a contract"),
    "partners.period": N_("Period asked for"),
    "partners.period_value": N_("{first} to {last} ({zone})"),
    "partners.period_all": N_("the whole ledger"),
    "partners.period_open": N_("…"),
    "partners.logs": N_("Partners' own logs"),
    "partners.logs_value": N_("{n:n}, matched within {seconds:n} s once the clocks agree"),
    "partners.logs_none": N_("not in this ledger (table partner_calls)"),
    "partners.misfits": N_("Ids that don't fit"),
    "partners.misfit_account": N_(
        "{id} ({n:n} {n:read|reads}): no contract names this account. Most like it is {nearest} in {file}."
    ),
    "partners.misfit_account_alone": N_(
        "{id} ({n:n} {n:read|reads}): no contract names this account, and no id of a contract is like it."
    ),
    "partners.misfit_account_more": N_("{n:n} further {n:account|accounts} that no contract names."),
    "partners.misfit_log": N_(
        "{id} ({n:n} {n:call|calls} in partner_calls): no contract names this partner. Most like it is {nearest} in "
        "{file}."
    ),
    "partners.misfit_log_alone": N_(
        "{id} ({n:n} {n:call|calls} in partner_calls): no contract names this partner, and no id of a contract is "
        "like it."
    ),
    "partners.misfit_log_more": N_("{n:n} further {n:partner|partners} in partner_calls that no contract names."),
    "partners.misfit_contract": N_(
        "{id} in {file}: no account of the ledger has this id. Most like it is {nearest}, which no contract names."
    ),
    "partners.misfit_contract_alone": N_(
        "{id} in {file}: no account of the ledger has this id, and no partner without a contract has one like it."
    ),
    "partners.misfit_contract_more": N_("{n:n} further {n:id|ids} of contracts that no account of the ledger has."),
    "partners.overview": N_("At a glance"),
    "partners.overview_note": N_("Only ours, only theirs: calls that one side's log has and the other's lacks."),
    "partners.partner": N_("Partner"),
    "partners.broken": N_("Breaches"),
    "partners.only_ours": N_("Only ours"),
    "partners.only_theirs": N_("Only theirs"),
    "partners.none": N_("none"),
    "partners.contract": N_("{partner}"),
    "partners.contract_note": N_(
        "Contract {file}. {reads:n} {reads:read|reads} of {waybills:n} {waybills:waybill|waybills}, {first:time} "
        "to {last:time} ({zone})."
    ),
    "partners.contract_idle": N_("Contract {file}. No read falls into the period."),
    "partners.alone_note": N_(
        "An account of kind partner that no contract names. {reads:n} {reads:read|reads} of {waybills:n} "
        "{waybills:waybill|waybills}, {first:time} to {last:time} ({zone})."
    ),
    "partners.alone_idle": N_("An account of kind partner that no contract names. No read falls into the period."),
    "partners.breach": N_("Breach"),
    "partners.days": N_("Days"),
    "partners.worst": N_("Worst"),
    "partners.worst_value": N_("{when}: {value:n}"),
    "partners.worst_limit": N_("{when}: {value:n} of {agreed:n}"),
    "partners.point": N_("{kind}: {what}. Agreed: {agreed}."),
    "partners.point_time": N_("{kind}: {moment:time} ({zone}) is the limit."),
    "partners.point_alone": N_("{kind}."),
    "partners.counted": N_("{name} ({n:n})"),
    "partners.more": N_("{n:n} more"),
    "partners.example": N_("For instance {list}."),
    "partners.example_one": N_("{waybill} at {at:time} by {actor}"),
    "partners.silent": N_("Nothing is agreed, and so nothing was checked, of {list}."),
    "partners.kind_no_contract": N_("Reads without a contract"),
    "partners.kind_before_start": N_("Before the contract began"),
    "partners.kind_after_end": N_("After the contract ended"),
    "partners.kind_field": N_("Fields beyond"),
    "partners.kind_purpose": N_("Other purposes"),
    "partners.kind_action": N_("Other actions"),
    "partners.kind_waybills_per_day": N_("Waybills a day"),
    "partners.kind_calls_per_day": N_("Calls a day"),
    "partners.kind_calls_per_hour": N_("Calls an hour"),
    "partners.kind_hours": N_("Outside the hours"),
    "partners.kind_address": N_("Foreign addresses"),
    "partners.kind_channel": N_("Other channels"),
    "partners.kind_customer": N_("Other customers"),
    "partners.kind_goods_class": N_("Other classes of goods"),
    "partners.kind_only_ours": N_("Calls that only we logged"),
    "partners.unjudged_no_address": N_("Not judged: {n:n} of {of:n} {of:read|reads} carry no address."),
    "partners.unjudged_odd_address": N_(
        "Not judged: {n:n} of {of:n} {of:read|reads} carry an address that can't be read."
    ),
    "partners.unjudged_no_fields": N_("Not judged: of {n:n} of {of:n} {of:read|reads} the log doesn't say the fields."),
    "partners.unjudged_no_purpose": N_("Not judged: {n:n} of {of:n} {of:read|reads} carry no purpose."),
    "partners.unjudged_no_action": N_("Not judged: {n:n} of {of:n} {of:read|reads} carry no action."),
    "partners.unjudged_no_waybills": N_(
        "Not judged: which waybills {n:n} {n:read|reads} were of, as the ledger lacks the table waybills."
    ),
    "partners.unjudged_unknown_waybill": N_(
        "Not judged: {n:n} of {of:n} {of:read|reads} are of waybills that the table waybills doesn't know."
    ),
    "partners.unjudged_no_customer": N_(
        "Not judged: {n:n} of {of:n} {of:read|reads} are of waybills without a customer in the table waybills."
    ),
    "partners.unjudged_no_goods_class": N_(
        "Not judged: {n:n} of {of:n} {of:read|reads} are of waybills without a class of goods in the table waybills."
    ),
    "partners.unjudged_queries": N_("Not judged: {n:n} {n:query|queries} of which only the question is logged."),
    "partners.both": N_("{partner}: both logs"),
    "partners.both_note": N_(
        "Compared from {first:time} to {last:time} ({zone}), the time that both logs cover: {ours:n} "
        "{ours:call|calls} in ours, {theirs:n} in theirs."
    ),
    "partners.both_never": N_("The two logs share no time: nothing can be compared."),
    "partners.outside": N_("Beyond that time, and not compared: {ours:n} in ours, {theirs:n} in theirs."),
    "partners.matched": N_(
        "{n:n} {n:call is|calls are} in both: {id:n} matched by request id, {time:n} by waybill and time."
    ),
    "partners.ids_foreign": N_(
        "Both logs carry request ids, but hardly any in common: calls were matched by waybill and time."
    ),
    "partners.skew_none": N_(
        "How far the clocks stand apart can't be told: too few calls are in both logs. Times were compared as they are."
    ),
    "partners.skew_equal": N_("The clocks agree within {seconds:n} {seconds:second|seconds}."),
    "partners.skew_ahead": N_("The partner's log is {seconds:n} {seconds:second|seconds} ahead of ours; taken out."),
    "partners.skew_behind": N_("The partner's log is {seconds:n} {seconds:second|seconds} behind ours; taken out."),
    "partners.zone_ahead": N_(
        "The partner's log is {zone:hours} ahead of ours: a time zone. Beyond that its clock differs by "
        "{seconds:n} {seconds:second|seconds}; both taken out."
    ),
    "partners.zone_behind": N_(
        "The partner's log is {zone:hours} behind ours: a time zone. Beyond that its clock differs by {seconds:n} "
        "{seconds:second|seconds}; both taken out."
    ),
    "partners.agreeing": N_(
        "{n:n} {n:waybill tells|waybills tell} that, of which {share:share} agree within a minute."
    ),
    "partners.drift": N_("Its clock drifts by {seconds} s a day; taken out."),
    "partners.jump": N_(
        "From {day} on its log stands {seconds:n} s from ours: the clock or its time zone was set anew."
    ),
    "partners.ours_alone": N_(
        "{n:n} {n:call|calls} on {waybills:n} {waybills:waybill|waybills} stand in our log alone, {first:time} to "
        "{last:time}: the partner doesn't log them, or somebody else uses its key."
    ),
    "partners.ours_none": N_("No call stands in our log alone."),
    "partners.ours_addresses": N_("They came from {list}."),
    "partners.ours_new": N_(
        "{n:n} of them came from addresses that no call of both logs came from: more likely somebody else."
    ),
    "partners.address_known": N_("{name} ({n:n})"),
    "partners.address_new": N_("{name} ({n:n}, never in both)"),
    "partners.theirs_alone": N_(
        "{n:n} {n:call|calls} on {waybills:n} {waybills:waybill|waybills} stand in their log alone, {first:time} "
        "to {last:time} by our clock: our log lacks them."
    ),
    "partners.theirs_none": N_("No call stands in their log alone."),
    "partners.repeats": N_(
        "Of these, {n:n} {n:repeats|repeat} another call of the same log: waybill, moment and request id."
    ),
    "partners.differ_waybills": N_(
        "{n:n} {n:waybill has|waybills have} another count here than there, most of all {list}."
    ),
    "partners.waybill_counts": N_("{waybill} ({ours:n} in ours, {theirs:n} in theirs)"),
    "partners.differ_days": N_("On {n:n} of {of:n} {of:day|days} the counts differ."),
    "partners.fields_none": N_("Fields can't be compared: no call of both logs says them in both."),
    "partners.fields_same": N_("In {n:n} {n:call|calls} both logs say the fields, and agree."),
    "partners.fields_differ": N_("In {n:n} of {of:n} {of:call|calls} the fields differ: {list}."),
    "partners.field_ours": N_("{name} only in ours ({n:n})"),
    "partners.field_theirs": N_("{name} only in theirs ({n:n})"),
    "partners.addresses_none": N_("Addresses can't be compared: no call of both logs says them in both."),
    "partners.addresses_same": N_("In {n:n} {n:call|calls} both logs say the address, and agree."),
    "partners.addresses_differ": N_("In {n:n} of {of:n} {of:call|calls} the addresses differ: {list}."),
    "partners.pair": N_("{ours} in ours, {theirs} in theirs ({n:n})"),
    "partners.day": N_("Day"),
    "partners.ours": N_("Ours"),
    "partners.theirs": N_("Theirs"),
    "partners.shared": N_("Both"),
    "partners.days_more": N_("The {n:n} {n:day|days} that differ most; the JSON has every day."),
    "partners.remarks": N_("Remarks"),
    "partners.other_kind": N_(
        "{file}: the table actors calls {n:this account|these accounts} something other than a partner: {actors}."
    ),
    "partners.no_actors": N_(
        "The ledger lacks the table actors: partners without a contract can't be told from others."
    ),
    "partners.strangers": N_(
        "{n:n} {n:call|calls} in partner_calls are of partners that no contract names and that actors doesn't call "
        "partners."
    ),
    "partners.no_partners": N_("Neither a contract nor the table actors names a partner with anything in this ledger."),
    "partners.command_file": N_("partners.html"),
    "partners.digest": N_("ledger"),
    "partners.footer": N_(
        "Days and hours of a contract are local to it; other times are {zone}. A breach is a lead, never a verdict: "
        "the partner can be heard."
    ),
}
"""Codes, which JSON reports and the docs name, and their texts."""
