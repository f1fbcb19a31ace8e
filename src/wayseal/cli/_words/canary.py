"""What `wayseal canary` says."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

CANARY_TEXTS = ByLanguage(
    {
        "create": N_("{id}  {waybill}  create it in the courier's own system, issued at {issued}"),
        "row": N_(
            "    channel {channel}, {origin} → {destination}, customer {customer}, goods {goods}, weight {weight}"
        ),
        "show": N_("    show it to these accounts and to nobody else: {pool}"),
        "planned": N_(
            "Planned: {count} of {asked}, written to {path}. Nothing was sent to anybody. If the system has dealt a "
            "number meanwhile, plan again."
        ),
        "fewer": N_("Another one sent out before the first answers would tell too little."),
        "none_new": N_("No canary would tell anything more. Nothing was written."),
        "line": N_("{id}  {waybill}  round {round}, {answer}; shown to {pool}"),
        "hit": N_("came out, seen at {at}"),
        "silent": N_("silent up to {at}"),
        "waiting": N_("no answer yet"),
        "belief": N_("Probability of each account now:"),
        "share": N_("  {p:.4f}  {name}"),
        "unlisted": N_("  {p:.4f}  somebody not listed"),
        "more": N_("  … and {count} more"),
        "named": N_(
            "{name} is named (probability {p:.4f}, at least {enough}). This is a lead for investigators: confirm it, "
            "and hear the person."
        ),
        "wait": N_(
            "Nobody is named. Waiting for {count} canaries; close those whose time is over with `wayseal canary hit "
            "REGISTER WAYBILL --silent --seen-at TIME`."
        ),
        "next": N_("Nobody is named. Plan the next round: `wayseal canary plan LEDGER --register REGISTER`."),
        "empty": N_("No canary has been planned."),
        "again": N_("This was recorded before; nothing was changed."),
        "unread": N_("{path}:{line}: this line was cut off and is left out; the others count"),
        "nothing": N_("-"),
    }
)
