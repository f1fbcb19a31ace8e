"""What `wayseal market` says."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

MARKET_TEXTS = ByLanguage(
    {
        "unread": N_("line {line} {why}"),
        "left_out": N_("{lines:,} {lines:line was|lines were} left out; all others are read"),
        "looked": N_("{source}: {what}; {seen:,} {seen:offer|offers} there, {new:,} new, {changed:,} changed"),
        "sight_seen": N_("seen"),
        "sight_gone": N_("gone"),
        "sight_unseen": N_("can't be seen"),
        "hindrance_login": N_("can't be seen: it asks for a login"),
        "hindrance_captcha": N_("can't be seen: it shows a captcha"),
        "hindrance_error_page": N_("can't be seen: an error page"),
        "hindrance_changed": N_("can't be seen: its pages have another shape; mend the source"),
        "hindrance_robots": N_("can't be seen: robots.txt forbids it, or can't be had"),
        "hindrance_budget": N_("can't be seen: today's requests are used up"),
        "hindrance_unreachable": N_("can't be seen: the site can't be reached"),
        "hindrance_timeout": N_("can't be seen: the site takes too long"),
        "hindrance_too_big": N_("can't be seen: an answer is too large"),
        "hindrance_refused": N_("can't be seen: the site refuses, or asks to come later"),
        "hindrance_forbidden_address": N_("can't be seen: it leads to an inside address"),
        "hindrance_unreadable": N_("can't be seen: an answer can't be read"),
        "hindrance_failed": N_("can't be seen: looking at it failed; others are looked at meanwhile"),
        "back": N_("  back: {shop}, whose seller had {was}, which is gone"),
        "reopened": N_("  back: {shop} is open again"),
        "ours": N_("  {ours:,} {ours:number|numbers} of ours on offer, {canaries:,} of them canaries"),
        "queued": N_("  {items:,} {items:thing|things} in the queue of cases"),
        "queue_now": N_("{source}: due now, since {at}"),
        "queue_due": N_("{source}: due {at}"),
        "queue_last": N_("    last look {at}: {what}"),
        "queue_unseen": N_("    not seen since {at}"),
        "queue_paused": N_("    its site wants to be left alone until {at}"),
        "queue_gone": N_("    {shops:,} {shops:shop|shops} that went, {due:,} to be looked for now"),
        "watching": N_("Watching {count} sources; Ctrl-C ends it."),
        "offer": N_("{at}  {kind} {probability}  {offer}  {shop}: {text}"),
        "kind_waybill": N_("waybills"),
        "kind_personal": N_("personal data"),
        "kind_insider": N_("seeks insiders"),
        "kind_empty_parcels": N_("empty parcels"),
        "kind_logistics": N_("honest logistics"),
        "kind_other": N_("other"),
        "no_offers": N_("No offer fits."),
        "no_sellers": N_("No seller yet."),
        "seller": N_(
            "{seller}  {offers:,} {offers:offer|offers} in {shops:,} {shops:shop|shops}, last seen {last}, "
            "back {backs:,} {backs:time|times}, numbers of ours in {ours:,}"
        ),
        "shop": N_("  {shop}: {state} since {since}"),
        "state_seen": N_("there"),
        "state_asked": N_("there, asked to be removed"),
        "state_missed": N_("missed once"),
        "state_gone": N_("gone"),
        "state_removed": N_("removed"),
        "state_quiet": N_("quiet"),
        "link": N_("  {a} – {b}: {signal}, {times} times as likely one seller"),
        "signal_person": N_("a person says so"),
        "signal_shop": N_("the same shop"),
        "signal_handle": N_("the same address"),
        "signal_qr": N_("the same QR code"),
        "signal_link": N_("the same link"),
        "signal_picture": N_("a near-same picture"),
        "signal_mirror": N_("a picture, mirrored"),
        "signal_text": N_("a near-same text"),
        "signal_style": N_("the way it is written"),
        "signal_rhythm": N_("when it is offered"),
        "removal": N_("{request}  {target}: asked {at}, {days:.1f} days; {state}"),
        "due": N_("{todo}, since {at}"),
        "todo_hear": N_("hear the accused"),
        "todo_answer": N_("answer the site"),
        "todo_remind": N_("remind"),
        "todo_escalate": N_("hand on"),
        "outcome_open": N_("nothing is due"),
        "outcome_removed": N_("removed"),
        "outcome_withdrawn": N_("withdrawn"),
        "no_removals": N_("No request is open."),
        "counts": N_("{source}: {requests:,} asked, {removed:,} removed, {open:,} open"),
        "all_sites": N_("All together"),
        "removal_asked": N_("  {url}, asked at {address}, citing {rule}"),
        "removal_act": N_("  {at}  {act}, {who}"),
        "removal_said": N_("  {at}  {act}, {who}: {said}"),
        "by_watch": N_("the watch"),
        "act_asked": N_("removal asked for"),
        "act_reminded": N_("written to again"),
        "act_answered": N_("site answered"),
        "act_escalated": N_("handed on"),
        "act_accused": N_("accused answered"),
        "act_heard": N_("accused heard"),
        "act_withdrawn": N_("withdrawn"),
        "act_removed": N_("seen to be gone"),
        "asked": N_("{request}: {target} is asked for; print its letter with `wayseal market removals … --letter`."),
        "followed": N_("{request}: {act}; now: {state}"),
        "letter_counsel": N_("Counsel checks what is cited before the first letter goes out; nothing was sent."),
        "leaks": N_("{numbers:,} {numbers:number|numbers} of ours: {path}"),
        "record": N_("The record holds: {lines:,} {lines:line|lines}, {purged:,} without their text; root {root}"),
        "captures": N_(
            "Captures: {files:,} {files:file|files}, {records:,} {records:record|records}, {days:,} {days:day|days}, "
            "{signed:,} signed, {stamped:,} stamped"
        ),
        "finding": N_("  {code}: {where}"),
        "would_go": N_(
            "Would go (nothing was changed): {files:,} {files:file|files} with {captures:,} "
            "{captures:capture|captures}, and {offers:,} {offers:offer|offers}"
        ),
        "went": N_(
            "Kept long enough: {files:,} {files:file|files} with {captures:,} {captures:capture|captures} went, and "
            "{offers:,} {offers:offer|offers}; {lines:,} {lines:line|lines} of the record lost their text"
        ),
        "imports_went": N_("  {files:,} {files:file|files} that were brought in went as well"),
        "evidence": N_("  {files:,} {files:file stays|files stay} though their time is over: they hold evidence"),
        "purge_nothing": N_("Nothing was kept for longer than its source says."),
        "learn_decisions": N_(
            "{kept:,} {kept:offer|offers} kept and {dismissed:,} dismissed, of {sellers:,} "
            "{sellers:seller|sellers}; {words:,} {words:word|words} accepted"
        ),
        "learn_contradicting": N_(
            "  {offers:,} {offers:is|are} left out, as the same text was kept and dismissed: {ids}"
        ),
        "learn_gone": N_("  {offers:,} {offers:is|are} left out, as the text went by retention"),
        "learn_judged": N_("Judged on sellers that weren't learnt from, each counting once:"),
        "learn_before": N_(
            "  the model alone: F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}, {harmless:.1%} of what "
            "was dismissed flagged, {loss:.3f} nats lost"
        ),
        "learn_after": N_(
            "  with what was learnt: F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}, {harmless:.1%} of "
            "what was dismissed flagged, {loss:.3f} nats lost"
        ),
        "learn_model_alone": N_("In force: the model alone"),
        "learn_in_force": N_(
            "In force: what {decisions:,} {decisions:decision|decisions} taught, since {at}, by {who} ({digest})"
        ),
        "learn_outdated": N_(
            "  What decisions taught isn't used: it was learnt beside the model of another version. `market learn` "
            "learns it again, or takes it back."
        ),
        "learn_changes": N_(
            "Of {offers:,} {offers:offer|offers} on record {more:,} more would be looked at, and {less:,} no longer:"
        ),
        "learn_change": N_("  {offer}: {before} {was} → {after} {will}: {text}"),
        "learn_more": N_("  … and {offers:,} more; `--format json` has all"),
        "learn_refused": N_("Not to be put in force: {why}"),
        "learn_nothing_changed": N_("Nothing was changed; `--apply` puts it in force."),
        "learn_applied": N_("It is in force from the next look on; `--undo` takes it back."),
        "learn_taken_back": N_(
            "Taken back: what {decisions:,} {decisions:decision|decisions} taught, in force since {at} by {who} "
            "({digest})"
        ),
        "no_feed": N_("{name}: what stands there is no feed, so nothing was written: write its source into a file."),
        "added": N_("{name} is watched from now on: {path}"),
    }
)
