"""From a report to its answer, as a reporter goes it."""

import hashlib
import re
from html import unescape
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.portal.world import DAY, TEXT, World
from tests.vault.log.helpers import KEY
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.letters import LetterKind, Purpose, ReportType, Sender
from wayseal.cases.hotline.sealing import open_identity
from wayseal.model.fields import FieldKind
from wayseal.proofs.entries import spell_entry
from wayseal.proofs.reports import ReportProof, checkpoint_of, leaf_of, make_entry, verify_report
from wayseal.service.argon2 import Cost


def test_a_report_comes_in_and_is_answered(world: World) -> None:
    visitor = world.visitor().report(numbers="YT1，YT2\r\nYT1", seller=" lao  san ", when="2026-03-01", region="Yiwu")
    assert visitor.answer.status_code == 200
    receipt = visitor.receipt
    (letter,) = world.letters()
    assert (letter.kind, letter.type, letter.text) == (LetterKind.REPORT, ReportType.SALE, TEXT["text"])
    assert (letter.fields.numbers, letter.fields.seller, letter.fields.region) == (("YT1", "YT2"), "lao san", "Yiwu")
    assert str(letter.fields.when) == "2026-03-01"
    assert (letter.day, letter.identity, letter.came) == (DAY, False, "portal")

    world.answer(LetterKind.ANSWER, "Which group?")
    visitor = world.visitor().back(receipt.replace(" ", "－"))
    assert "Which group?" in visitor.page
    assert "<dd>YT1 YT2</dd>" in visitor.page
    assert "&lt;b&gt;laosan&lt;/b&gt; {{7*7}}" in visitor.page
    visitor.send("message", text="The one with 500 members.")
    assert "has come in" in visitor.page
    message = world.letters()[-1]
    assert (message.kind, message.text, message.type) == (LetterKind.MESSAGE, "The one with 500 members.", None)
    visitor.send("look")
    assert visitor.page.count("The one with 500 members.") == 1


def test_a_letter_that_the_team_didnt_sign_is_shown_as_such_and_no_word_of_it(world: World) -> None:
    """Whoever writes into the portal's database has its public keys, and no private one."""
    receipt = world.visitor().report().receipt
    world.keys = {**world.keys, world.portal.intake.team.newest(Purpose.LETTERS).id: Ed25519PrivateKey.generate()}
    world.answer(LetterKind.CLOSING, "Meet us at the depot at nine.")
    page = world.visitor().back(receipt).page
    assert "Meet us" not in page
    assert "The team has answered" not in page
    assert "isn't signed by the team" in unescape(page)


def test_each_type_has_its_fields_and_no_other(world: World) -> None:
    world.visitor().report("call", **{"knew-name": "1", "knew-goods": "1", "seller": "not asked for"})
    (letter,) = world.letters()
    assert letter.fields.knew == (FieldKind.NAME, FieldKind.GOODS)
    assert letter.fields.seller == ""


def test_a_name_is_sealed_apart(world: World) -> None:
    world.visitor().report("offered", identity="李雷 13800000000")
    (letter,) = world.letters()
    assert letter.identity
    ((box, *_),) = world.rows("boxes")
    stored = world.database.read(mailbox.find_letter, box, Sender.REPORTER, 1)
    assert stored is not None
    assert open_identity(stored, world.keys) == "李雷 13800000000"
    assert "李雷" not in world.visitor().page


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("text", "  \n "),
        ("text", "x" * 250_001),
        ("text", "a\0b"),
        ("when", "yesterday"),
        ("numbers", " ".join(f"YT{n}" for n in range(51))),
        ("numbers", "Y" * 65),
        ("region", "x" * 301),
        ("identity", "x" * 251),
    ],
)
def test_what_cant_be_taken_comes_back_filled_in(world: World, field: str, typed: str) -> None:
    visitor = world.visitor().report(**{"region": "Yiwu <1>", "seller": "laosan", field: typed})
    assert visitor.answer.status_code == 400
    assert f'href="#{field}"' in visitor.page
    assert 'aria-invalid="true"' in visitor.page
    assert 'value="laosan"' in visitor.page
    assert world.rows("letters") == []
    _, held = visitor.form()
    visitor.send(text="Now it fits.", type=held["type"])
    assert visitor.receipt
    assert [one.text for one in world.letters()] == ["Now it fits."]


def test_a_long_text_is_taken(world: World) -> None:
    world.visitor().report(text="运单" * 100_000 + "\r\nend")
    assert world.letters()[0].text == "运单" * 100_000 + "\nend"


def test_who_comes_too_soon_waits_and_loses_nothing(world: World) -> None:
    visitor = world.visitor().go("/report?type=sale").send(wait=0, **TEXT, seller="laosan")
    assert visitor.answer.status_code == 429
    assert "press again in 1 minute." in visitor.page
    assert "{{7*7}}" in visitor.page
    visitor.send(**TEXT, seller="laosan")
    assert visitor.receipt


def test_a_form_of_an_earlier_process_is_pressed_once_more(world: World) -> None:
    visitor = world.visitor().go("/report?type=sale").send(ticket="A" * 48, **TEXT)
    assert visitor.answer.status_code == 429
    assert "press once more" in visitor.page
    assert visitor.form()[1]["ticket"] != "A" * 48
    visitor.send(**TEXT)
    assert visitor.receipt


def test_pressing_twice_stores_once(world: World) -> None:
    visitor = world.visitor().go("/report?type=sale")
    action, held = visitor.form()
    world.sleep(10)
    sent = {name: (None, value) for name, value in (held | TEXT).items()}
    pages = [visitor.client.post(action, files=sent).text for _ in range(2)]
    receipts = [re.findall(r"<span>(\d{4})</span>", page) for page in pages]
    assert receipts[0] == receipts[1] != []
    assert len(world.letters()) == 1


def test_a_message_pressed_twice_stores_once(world: World) -> None:
    visitor = world.visitor().report().send("look")
    action, held = visitor.form("message")
    sent = {name: (None, value) for name, value in (held | {"text": "Once."}).items()}
    pages = [visitor.client.post(action, files=sent).text for _ in range(2)]
    assert ["has come in" in page for page in pages] == [True, True]
    assert [one.text for one in world.letters()] == [TEXT["text"], "Once."]


@pytest.mark.parametrize("typed", ["1234 5678 9012 345", "1234 5678 9012 3456 7", "abcd efgh", ""])
def test_what_is_no_receipt_is_said(world: World, typed: str) -> None:
    visitor = world.visitor().back(typed)
    assert visitor.answer.status_code == 400
    assert f'value="{typed}"' in visitor.page


def test_a_wrong_receipt_finds_nothing_and_looks_like_a_right_one(world: World) -> None:
    visitor = world.visitor().report()
    right = visitor.receipt
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    found, none = world.visitor().back(right), world.visitor().back(wrong)
    assert (found.answer.status_code, none.answer.status_code) == (200, 404)
    assert len(found.answer.content) == len(none.answer.content) == 16_384


def test_a_session_ends(world: World) -> None:
    visitor = world.visitor().report().send("look")
    action, held = visitor.form("look")
    visitor.send("leave")
    assert visitor.answer.headers["clear-site-data"] == '"cache", "storage"'
    again = visitor.client.post(action, files={name: (None, value) for name, value in held.items()})
    assert again.status_code == 401
    assert "type your receipt again" in again.text


def test_what_was_typed_comes_back_when_the_session_is_over(world: World) -> None:
    visitor = world.visitor().report().send("look")
    _, held = visitor.form("message")
    world.portal.sessions.end(held["session"])
    visitor.send("message", text="Long thought over.")
    assert visitor.answer.status_code == 401
    assert "Long thought over." in visitor.page


def test_letters_of_staff_have_their_names_and_a_proof_is_a_file(world: World) -> None:
    visitor = world.visitor().report()
    receipt = visitor.receipt
    world.answer(LetterKind.STATE, "处理中 / In progress")
    world.answer(LetterKind.REWARD, "5,000")
    world.answer(LetterKind.PROOF, '{"wayseal_report_proof": 1}')
    visitor = world.visitor().back(receipt)
    for text in ("State of your report", "Reward", "Save the proof of 2026-03-02"):
        assert text in visitor.page
    visitor.send("proof")
    assert visitor.answer.headers["content-disposition"] == 'attachment; filename="proof-2026-03-02.json"'
    assert visitor.answer.json() == {"wayseal_report_proof": 1}


def test_proofs_of_a_day_are_saved_one_by_one_and_hold_with_their_letters(world: World) -> None:
    visitor = world.visitor().report()
    receipt = visitor.receipt
    visitor = world.visitor().back(receipt).send("message", text="The one with 500 members.")
    ((box, *_),) = world.rows("boxes")
    first, second = world.database.read(mailbox.letters_of, box)
    made = [make_entry("report", str(DAY), first.digest), make_entry("message", str(DAY), second.digest)]
    leaves = [leaf_of(entry, bytes(32)) for entry in made]
    root = hashlib.sha256(b"\1" + leaves[0] + leaves[1]).digest()
    note = KEY.sign(checkpoint_of("x", str(DAY), 2, root).to_text())
    texts = [
        ReportProof(content=spell_entry(entry), salt=bytes(32), index=n, path=(leaves[1 - n],), note=note).to_json()
        for n, entry in enumerate(made)
    ]
    world.answer(LetterKind.PROOF, f"[{','.join(texts)}]")
    page = world.visitor().back(receipt)
    assert "Save the proof of 2026-03-02 · Your message" in page.page
    names, said = [], []
    for n in range(2):
        page = world.visitor().back(receipt).send("proof", n=str(n))
        names.append(page.answer.headers["content-disposition"])
        proven = verify_report(page.answer.content, [KEY.verify_key])
        assert proven.letter is not None
        said.append((proven.entry["kind"], proven.letter["text"]))
    assert names == [f'attachment; filename="proof-2026-03-02{more}.json"' for more in ("", "-2")]
    assert said == [("report", TEXT["text"]), ("message", "The one with 500 members.")]
    assert world.visitor().back(receipt).send("proof", n="2").answer.status_code == 404


def test_a_buried_report_says_so(world: World) -> None:
    visitor = world.visitor().report()
    receipt = visitor.receipt
    ((box, *_),) = world.rows("boxes")
    world.database.write(mailbox.bury, box, DAY, "old")
    visitor = world.visitor().back(receipt)
    assert "was deleted on 2026-03-02" in visitor.page
    with pytest.raises(AssertionError):
        visitor.form("message")


def test_a_message_into_a_buried_box_is_refused_and_comes_back(world: World) -> None:
    visitor = world.visitor().report().send("look")
    ((box, *_),) = world.rows("boxes")
    world.database.write(mailbox.bury, box, DAY, "old")
    visitor.send("message", text="One more thing.")
    assert visitor.answer.status_code == 400
    assert "takes no more messages" in visitor.page
    assert "One more thing.</textarea>" in visitor.page
    assert len(world.rows("letters")) == 1


def test_a_letter_that_was_changed_is_told_and_the_others_are_shown(world: World) -> None:
    visitor = world.visitor().report()
    receipt = visitor.receipt
    world.answer(LetterKind.ANSWER, "Which group?")
    world.database.write(lambda c: c.exec_driver_sql("UPDATE letters SET digest = salt WHERE sender = 'staff'"))
    page = world.visitor().back(receipt).page
    assert "can&#39;t be opened" in page or "can't be opened" in page
    assert "laosan" in page


def test_a_look_up_costs_one_argon2_whether_it_finds_something_or_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt, counted = world.visitor().report().receipt, 0
    real = Cost.argon2id

    def counts(self: Cost, salt: bytes, pepper: bytes) -> Any:
        nonlocal counted
        counted += 1
        return real(self, salt, pepper)

    monkeypatch.setattr(Cost, "argon2id", counts)
    found = []
    for typed in (receipt, "0000 0000 0000 0000", "1234"):
        counted = 0
        world.visitor().back(typed)
        found.append(counted)
    assert found == [1, 1, 0]


def test_what_hides_in_a_text_is_shown(world: World) -> None:
    visitor = world.visitor().report(text="ab\u202ecd\u2066 ../../etc/passwd").send("look")
    assert "ab‹U+202E›cd‹U+2066› ../../etc/passwd" in visitor.page


def test_a_text_that_no_form_can_hold_is_said_to_be_too_long(world: World) -> None:
    visitor = world.visitor().report(text="x" * 1_600_000)
    assert visitor.answer.status_code == 400
    assert "more than the page takes" in visitor.page
    assert world.rows("letters") == []


def test_an_empty_message_comes_back_with_its_files_named(world: World) -> None:
    visitor = world.visitor().report().send("look").send("message", text=" ", files=[("a.png", b"x")])
    assert visitor.answer.status_code == 400
    assert "Please choose again:" in visitor.page
    assert "a.png" in visitor.page
