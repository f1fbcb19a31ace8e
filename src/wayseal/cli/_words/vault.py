"""What commands about a vault say."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

VAULT_TEXTS = ByLanguage(
    {
        "colon": N_(": "),
        "made": N_("made the vault {folder}: settings, keyring, two databases, the built-in policy"),
        "filled": N_(
            "put in for example: {people} people, {parcels} sealed parcels of nobody, {scans} scans, {tickets} "
            "{tickets:ticket|tickets}"
        ),
        "keep_keyring": N_("Keep a copy of keyring.json apart from the databases: without it nothing can be opened."),
        "step": N_("{revision}: {what}"),
        "upgraded": N_("{steps} {steps:step|steps} done"),
        "no_upgrade": N_("nothing to do: the tables are of the present version"),
        "status_vault": N_("Vault: {folder} ({origin})"),
        "status_records": N_("Records: {sealed:,} sealed, {erased:,} erased"),
        "status_people": N_(
            "Directory: {actors:,} {actors:actor|actors}, {blocked:,} blocked; {clients:,} {clients:client|clients}; "
            "{approvals:,} {approvals:approval|approvals} waiting"
        ),
        "status_log": N_("Log: {log_size:,} {log_size:entry|entries}, {checkpoint_size:,} of them signed"),
        "status_cosigned": N_("Cosigned by a witness: {size:,}"),
        "status_policy": N_("Policy: version {version} ({sha256})"),
        "status_tables": N_("Tables: {main}, {keys}; {main_mb:.1f} MB and {keys_mb:.1f} MB"),
        "status_keys": N_("Active keys: {keys}"),
        "status_due": N_("Next to be erased: {at}"),
        "trouble": N_("See to it: "),
        "no_trouble": N_(
            "Nothing here needs seeing to. Rows, records and the log were not looked at: `wayseal vault verify`"
        ),
        "trouble_unseen": N_(
            "what is seen of the log is kept nowhere, so that one that was cut goes unnoticed after a restart: set "
            "`log_memory`"
        ),
        "trouble_keys_lost": N_(
            "data keys are wrapped by a key that the keyring hasn't got; what they seal can't be opened until the "
            "right keyring is back"
        ),
        "trouble_keys_old": N_("data keys are still wrapped by older keys: `wayseal vault key rewrap`"),
        "trouble_overdue": N_("records are kept longer than they may be: `wayseal vault retain`"),
        "trouble_not_cosigned": N_(
            "the witness hasn't cosigned what was signed last: is the service running, and what does its log say?"
        ),
        "trouble_no_checkpoint": N_(
            "the log has no checkpoint yet: `wayseal vault checkpoint`, and give it to somebody else to keep"
        ),
        "key_active": N_("{purpose} {version}  active, made at {created_at}"),
        "key_older": N_("{purpose} {version}  can read, made at {created_at}"),
        "key_in_use": N_(", {count:,} {count:row needs|rows need} it"),
        "remarked": N_("{count:,} {count:row|rows} marked anew with row {version}"),
        "rotated": N_("{purpose} {version} is written with from now on"),
        "rotated_waiting": N_(
            "{purpose} {version} can be read with. Bring the keyring to every machine, then run `wayseal vault key "
            "activate {purpose} {version}`."
        ),
        "rotated_wrap": N_("Older data keys can still be opened. To wrap them anew: `wayseal vault key rewrap`."),
        "retired": N_("{purpose} {version} is out of the keyring; destroy older copies of the keyring, too"),
        "rewrapped": N_("{count:,} data {count:key|keys} wrapped anew with wrap {version}"),
        "rewrap_failed": N_("  {waybill}: its data key doesn't open: run `wayseal vault verify`"),
        "log_none": N_("no entry of the log is as was asked for"),
        "log_more": N_(
            "there are more: these are the newest {most:,}. `--below {below}` lists older ones, `--most` more at once"
        ),
        "client_added": N_("client {client} is there; this is its secret, which nobody can tell again:"),
        "client_secret": N_("client {client} has another secret, which nobody can tell again; the old one has ended:"),
        "client_disabled": N_("client {client} may do nothing any more"),
        "actors_put": N_("{count:,} {count:actor|actors} put into the directory"),
        "blocked": N_("{actor} is blocked: it is shown nothing any more"),
        "unblocked": N_("{actor} is not blocked any more"),
        "bad_more": N_("and {count:,} more {count:row|rows} like these"),
        "sealed": N_("{sealed:,} {sealed:parcel|parcels} of {file} sealed"),
        "sealed_known": N_(
            "{count:,} {count:number was|numbers were} sealed before and {count:is|are} left as {count:it is|they are}"
        ),
        "disclosed": N_("{waybill} (entry {seq} of the log; to be let go of by {until})"),
        "form_full": N_("full"),
        "form_masked": N_("masked"),
        "form_region": N_("region", context="form_region"),
        "refused": N_("{waybill} is not shown"),
        "refused_find": N_("refused"),
        "phone": N_("Phone: "),
        "found_none": N_("no waybill has this phone"),
        "asked": N_(
            "approval {approval}: {actor} asks for {most:,} {most:waybill|waybills} ({purpose}) until {until}; "
            "somebody else has to agree"
        ),
        "approved": N_(
            "approval {approval}: {actor} may be shown {most:,} {most:waybill|waybills} ({purpose}) until {until}"
        ),
        "erased": N_("{waybill} is erased; the last backup of its key is gone by {gone}"),
        "none_due": N_("nothing is to be erased"),
        "signed": N_(
            "{out}: {origin}, {size:,} {size:entry|entries}. Let somebody keep it who can't write to the vault."
        ),
        "proof_made": N_("{out}: entry {seq:,}"),
        "growth_made": N_("{out}: from {old:,} to {new:,} {new:entry|entries}"),
        "projected": N_("{rows:,} {rows:disclosure|disclosures} taken into {ledger}"),
        "projected_none": N_("nothing new was disclosed since the last time"),
        "projected_unmarked": N_(
            "{rows:,} {rows:row|rows} of work that somebody else than the vault wrote {rows:was|were} left out: run "
            "`wayseal vault verify`"
        ),
        "projected_work": N_(
            "of the work behind it: {scans:,} {scans:scan|scans}, {tickets:,} {tickets:ticket|tickets}, {waybills:,} "
            "{waybills:route|routes}, {actors:,} {actors:account|accounts}, {assignments:,} "
            "{assignments:duty|duties}"
        ),
        "policy_version": N_("Version {version}"),
        "policy_activated": N_("policy {version} is in force ({sha256})"),
        "backed_up": N_("{chain}: {rows:,} {rows:row|rows} in {folder}"),
        "restored": N_("{chain} is restored: {rows:,} {rows:row|rows}"),
        "restored_erased": N_(
            "{known:,} erased {known:number is|numbers are} known, {count:,} of them in the backup: {count:it was|they "
            "were} not brought back"
        ),
        "restored_seen": N_(
            "What this vault had seen of its log is forgotten: compare the log with a checkpoint that somebody else "
            "keeps."
        ),
        "one_goes_on": N_("Only one of this vault and the one that was backed up may go on."),
        "erased_list": N_("{out}: {count:,} erased {count:number|numbers}"),
        "pruned": N_("deleted {folder}"),
        "pruned_none": N_("no backup is that old"),
        "column_seq": N_("entry"),
        "column_at": N_("at"),
        "column_actor": N_("actor"),
        "column_kind": N_("kind"),
        "column_waybill": N_("waybill"),
        "column_purpose": N_("purpose"),
        "column_what": N_("what"),
        "column_reason": N_("reason"),
        "column_client": N_("client"),
        "column_scopes": N_("scopes"),
        "column_acts_for": N_("acts for"),
        "column_disabled_at": N_("disabled"),
        "column_role": N_("role"),
        "column_outlet": N_("outlet"),
        "column_trained_until": N_("trained until"),
        "column_blocked_at": N_("blocked"),
    }
)
