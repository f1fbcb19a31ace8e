"""Codes of pages that look at the market, bring something in, and decide on words."""

from wayseal.model.messages import N_

MARKET_WORK = {
    "market.look_now": N_("Look now", context="market.look_now"),
    "market.look_now_at": N_("Look at {source} now"),
    "market.look_due": N_("Look at what is due"),
    "market.looks_now": N_("{id} looks…"),
    "market.bring_more": N_("Bring more in"),
    "market.not_installed": N_(
        "Looking needs packages that aren't installed where the console runs: `pip install 'wayseal[market]'`. What "
        "was seen stays here to be read."
    ),
    "market.long_unseen": N_("{n:n} {n:source|sources} can't be seen for long:"),
    "market.unseen_note": N_("A source that can't be seen for more than {n} of its intervals is told on the overview."),
    "market.schedule_note": N_("Looks that are due can be made each hour by the console itself:"),
    # What is brought in.
    "market.import_title": N_("Bring something in"),
    "market.import_lede": N_(
        "Exports of chats, records, screenshots and pictures of purchases become a source of their own. Each file is "
        "kept with its SHA-256, read, and held against our own numbers; the same file twice changes nothing."
    ),
    "market.form": N_("What it is"),
    "market_form.telegram": N_("Telegram"),
    "market_form.csv": N_("Records, CSV"),
    "market_form.json": N_("Records, JSON"),
    "market_form.pictures": N_("Pictures and texts"),
    "market_form_hint.telegram": N_("Export of Telegram Desktop, in JSON; as a zip with its pictures, too"),
    "market_form_hint.csv": N_("Columns named as fields of offers: `text`, and `title`, `shop`, `price`, `posted_at`…"),
    "market_form_hint.json": N_("The same, as a list or an object a line"),
    "market_form_hint.pictures": N_("Screenshots, photos; a text of the same name goes with its picture"),
    "market.import_name": N_("Name of the source"),
    "market.import_name_hint": N_(
        "Small letters, digits, hyphens, such as `group-7`. Under a name that is there, files come to that source."
    ),
    "market.import_files": N_("Files"),
    "market.import_files_hint": N_("Up to {n} at once, {most:n} MB in all; a folder as a zip."),
    "market.import_go": N_("Bring it in"),
    "market.import_note": N_("A job reads each file and says by its name what couldn't be read."),
    # Words.
    "market.words_title": N_("Words of the trade"),
    "market.words_look": N_("Look for new words"),
    "market.proposed": N_("Proposed"),
    "market.words_never": N_(
        "Nobody has looked for new words yet. A job reads all offers, and proposes what stands near known words."
    ),
    "market.words_none": N_("Nothing is proposed that wasn't decided. Looked for last: {at}."),
    "market.words_note": N_(
        "Looked for last: {at}. Proposed is what stands near known words much more often than elsewhere."
    ),
    "market.words_how": N_("A word"),
    "market.words_lede": N_("Choose a word, proposed or your own, and say what it means."),
    "market.a_word": N_("Word"),
    "market.speaks_for": N_("Speaks for"),
    "market.stands_near": N_("Stands near"),
    "market.in_texts": N_("Texts"),
    "market.elsewhere": N_("Without them"),
    "market.other_word": N_("Another word"),
    "market.other_word_go": N_("Choose", context="market.other_word_go"),
    "market.words_decided": N_("Decided"),
    "market.meaning": N_("Meaning"),
    "market.meaning_hint": N_("In a few words; needed to accept it."),
    "market.accept": N_("Accept"),
    "market.refuse": N_("Refuse"),
    "market.word_hint": N_("An accepted word counts from the next look on. Offers that were read stay as read."),
    "market.word_stands": N_("It was decided on. To decide anew, take that back in the list."),
    "market_word.waybill": N_("waybills"),
    "market_word.personal": N_("personal data"),
    "market_word.insider": N_("insiders"),
    "market_word.empty_parcels": N_("empty parcels"),
    "market_word.logistics": N_("honest logistics"),
    "market_word.trade": N_("a sale of whatever"),
    "market_word_state.accepted": N_("Accepted"),
    "market_word_state.refused": N_("Refused"),
    "market_word_done.accepted": N_("Accepted:"),
    "market_word_done.refused": N_("Refused:"),
    "market_state.accepted": N_("accepted", context="market_state.accepted"),
    "market_state.refused": N_("refused", context="market_state.refused"),
}
