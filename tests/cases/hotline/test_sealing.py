"""Letters and files of the hotline: who opens them, and what doesn't open (`wayseal.cases.hotline.sealing`)."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.hotline.making import (
    BOX,
    DAY,
    READER_KEY,
    READS,
    SECRET,
    TEAM,
    Team,
    letter,
    public_of,
    sealed,
    team,
)
from tests.effort import examples
from tests.tables import each
from wayseal.cases.hotline.errors import KeyFileError, NoKeyError, SealedError, UnsignedError
from wayseal.cases.hotline.letters import (
    READER,
    Fields,
    FileKind,
    Letter,
    LetterFile,
    LetterKind,
    PublicKey,
    PublicKeys,
    Purpose,
    ReportType,
    SealedLetter,
    Sender,
    key_id,
    parse_public_keys,
    spell_letter,
)
from wayseal.cases.hotline.sealing import (
    CHUNK,
    FileSealer,
    open_chunks,
    open_identity,
    open_letter,
    open_secret,
    padded,
    seal_letter,
)
from wayseal.model.fields import FieldKind

FILE = LetterFile(file="ab" * 16, kind=FileKind.PNG, size=3, sha256="cd" * 32, cleaned=True)
WHOLE = letter(
    files=(FILE,),
    identity=True,
    fields=Fields(numbers=("YT1234567890",), seller="老王", when=date(2026, 3, 1), region="华东"),
)
ANSWER = letter(kind=LetterKind.ANSWER, text="谢谢")


def whole() -> SealedLetter:
    return sealed(WHOLE, secret=SECRET, identity="张三 13800000000")


def answer() -> SealedLetter:
    return sealed(ANSWER, sender=Sender.STAFF, place=2)


def test_team_and_reporter_read_a_letter_and_it_is_the_same_one() -> None:
    stored = whole()
    assert open_letter(stored, TEAM.reports) == open_letter(stored, READS) == WHOLE
    assert stored.digest == hashlib.sha256(spell_letter(WHOLE)).digest()
    assert open_letter(answer(), TEAM.reports, TEAM.public) == open_letter(answer(), READS, TEAM.public) == ANSWER


def test_a_letter_of_staff_is_signed_by_the_team_or_nobody_reads_it() -> None:
    """Whoever writes into a mailbox has the team's public keys and a key of their own."""
    stored, other = answer(), team(2)
    note = sealed(letter(kind=LetterKind.NOTE), sender=Sender.INNER)
    forged = sealed(ANSWER, sender=Sender.STAFF, place=2, private={TEAM.public.keys[-1].id: sealing_key(other)})
    unsigned = replace(stored, sealed=(stored.sealed or b"")[:-64])
    for wrong, public in ((forged, TEAM.public), (unsigned, TEAM.public), (stored, other.public), (stored, None)):
        for keys in (READS, TEAM.reports):
            with pytest.raises(UnsignedError):
                open_letter(wrong, keys, public)
    with pytest.raises(UnsignedError):
        open_letter(note, TEAM.reports)
    with pytest.raises(KeyFileError):
        sealed(ANSWER, sender=Sender.STAFF, place=2, private=TEAM.reports)


def sealing_key(of: Team) -> Any:
    (key,) = of.letters.values()
    return key


@given(st.integers(0, 63), st.integers(1, 255))
def test_no_byte_of_a_signature_can_be_changed(at: int, by: int) -> None:
    stored = answer()
    content = bytearray(stored.sealed or b"")
    content[at - 64] ^= by
    with pytest.raises(UnsignedError):
        open_letter(replace(stored, sealed=bytes(content)), READS, TEAM.public)


def test_new_keys_sign_and_old_ones_are_still_believed() -> None:
    newer = PublicKeys(keys=(*TEAM.public.keys, *team(2).public.keys))
    assert open_letter(answer(), READS, newer) == ANSWER
    assert open_letter(sealed(ANSWER, sender=Sender.STAFF, place=2, private=team(2).letters, team=newer), READS, newer)


def test_files_open_for_the_team_alone_and_a_name_for_its_own_key_alone() -> None:
    stored = whole()
    assert open_secret(stored, TEAM.reports) == SECRET
    assert open_identity(stored, TEAM.identity) == "张三 13800000000"
    other = team(2)
    for opens, keys in (
        (open_secret, READS),
        (open_secret, TEAM.identity),
        (open_identity, READS),
        (open_identity, TEAM.reports),
        (open_letter, TEAM.identity),
        (open_letter, other.reports),
        (open_letter, {}),
    ):
        with pytest.raises(NoKeyError):
            opens(stored, keys)


def test_a_key_under_the_id_of_another_opens_nothing() -> None:
    wrong = {id_: X25519PrivateKey.generate() for id_ in (*TEAM.reports, *TEAM.identity)}
    for opens in (open_letter, open_secret, open_identity):
        with pytest.raises(SealedError):
            opens(whole(), wrong)


@each("opens", [lambda s: open_letter(s, TEAM.reports), lambda s: open_letter(s, READS)])
def test_no_byte_can_be_changed(opens: Callable[[SealedLetter], Letter]) -> None:
    """Each byte of the head, and of what follows one in 61."""
    stored = whole()
    content = stored.sealed
    assert content
    places = [*range(1600), *range(1600, len(content), 61), len(content) - 1]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1
        with pytest.raises(SealedError):
            opens(replace(stored, sealed=bytes(changed)))


def test_no_format_is_read_for_another() -> None:
    stored = whole()
    for place in range(5):
        content = bytearray(stored.sealed or b"")
        content[place] ^= 1
        for opens, keys in ((open_secret, TEAM.reports), (open_identity, TEAM.identity)):
            with pytest.raises(SealedError):
                opens(replace(stored, sealed=bytes(content)), keys)


@given(st.data())
def test_what_was_cut_doubled_or_added_to_doesnt_open(data: st.DataObject) -> None:
    stored = whole()
    content = stored.sealed
    assert content
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    cut = content[:start] + content[end:]
    doubled = content[:end] + content[start:end] + content[end:]
    for wrong in {cut, doubled, content[:end], content + content[:1]} - {content}:
        for keys in (TEAM.reports, READS):
            with pytest.raises(SealedError):
                open_letter(replace(stored, sealed=wrong), keys)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda b: b"WSL\x01\x01" + b))
def test_what_is_no_letter_doesnt_open(content: bytes) -> None:
    for opens in (open_letter, open_secret, open_identity):
        with pytest.raises(SealedError):
            opens(replace(whole(), sealed=content), TEAM.reports)


OTHERS: list[dict[str, Any]] = [
    {"box": bytes(16)},
    {"sender": Sender.STAFF},
    {"place": 2},
    {"day": date(2026, 3, 3)},
    {"digest": bytes(32)},
    {"salt": bytes(32)},
    {"kind": "answer"},
]


@each("moved", OTHERS)
def test_a_letter_opens_at_its_own_place_alone(moved: dict[str, Any]) -> None:
    stored = replace(whole(), **moved)
    assert stored != whole()
    for opens, keys in ((open_letter, TEAM.reports), (open_letter, READS), (open_secret, TEAM.reports)):
        with pytest.raises(SealedError):
            opens(stored, keys)
    with pytest.raises(SealedError):
        open_identity(stored, TEAM.identity)


def test_a_tombstone_doesnt_open() -> None:
    for opens in (open_letter, open_secret):
        with pytest.raises(SealedError, match="deleted"):
            opens(replace(whole(), sealed=None), TEAM.reports)


@each(
    "lie",
    [
        {"day": date(2026, 3, 3)},
        {"digest": bytes(32)},
        {"kind": "closing"},
        {"place": 1, "sender": Sender.REPORTER, "kind": ""},
    ],
)
def test_who_sealed_a_letter_isnt_believed_what_it_is(lie: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from wayseal.cases.hotline import sealing

    honest = sealing._unsealed
    with monkeypatch.context() as m:
        m.setattr(sealing, "_unsealed", lambda *given: replace(honest(*given), **lie))
        stored = sealed(letter(kind=LetterKind.ANSWER), sender=Sender.STAFF, place=2)
    with pytest.raises(SealedError):
        open_letter(stored, TEAM.reports, TEAM.public)


def test_a_letter_of_another_spelling_doesnt_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its proof would show other bytes than those of which the digest is."""
    from wayseal.cases.hotline import sealing

    with monkeypatch.context() as m:
        m.setattr(sealing, "spell_letter", lambda said: spell_letter(said).replace(b":", b": ", 1))
        stored = sealed()
    with pytest.raises(SealedError):
        open_letter(stored, TEAM.reports)


def test_whether_there_is_a_name_or_a_file_cant_be_seen() -> None:
    with_all, with_none = whole().sealed, sealed(letter()).sealed
    assert with_all is not None
    assert with_none is not None
    assert len(with_all) == len(with_none)
    assert {part: with_all.count(part) for part in (*TEAM.reports, *TEAM.identity, *READS)} == {
        part: with_none.count(part) for part in (*TEAM.reports, *TEAM.identity, *READS)
    }
    with pytest.raises(NoKeyError):
        open_secret(answer(), TEAM.reports)


@given(st.integers(0, 1 << 34))
def test_lengths_say_little(size: int) -> None:
    filled = padded(size)
    assert size <= filled <= max(4096, size * 9 / 8)
    assert padded(filled) == filled
    assert padded(size + 1) >= filled


def test_few_lengths_stand_for_many() -> None:
    assert len({padded(size) for size in range(100_000, 200_000)}) < 40
    assert {padded(size) for size in range(4097)} == {4096}


def test_short_letters_are_equally_long() -> None:
    lengths = {len(sealed(letter(text="x" * n)).sealed or b"") for n in (0, 1, 500, 3000)}
    assert len(lengths) == 1


@given(st.text(st.characters(codec="utf-8"), max_size=3000))
@examples(100)
def test_whatever_is_written_is_read_again(text: str) -> None:
    said = letter(text=text)
    assert open_letter(sealed(said), READS) == said


@each(
    ("said", "more"),
    [
        (letter(text="x" * 250_001), {}),
        (letter(nonce="5A" * 32), {}),
        (letter(nonce=""), {}),
        (letter(text="\ud800"), {}),
        (letter(fields=Fields(numbers=("1",) * 51)), {}),
        (letter(fields=Fields(seller="x" * 301)), {}),
        (letter(files=(FILE,)), {}),
        (letter(), {"secret": SECRET}),
        (letter(), {"identity": "Li"}),
        (letter(identity=True), {}),
        (letter(identity=True), {"identity": "x" * 251}),
        (letter(), {"place": 2}),
        (letter(kind=LetterKind.MESSAGE), {}),
        (letter(), {"sender": Sender.STAFF}),
        (letter(kind=LetterKind.ANSWER), {"place": 2}),
        (letter(kind=LetterKind.MESSAGE), {"place": 2, "sender": Sender.STAFF}),
        (letter(kind=LetterKind.NOTE), {"place": 2, "sender": Sender.STAFF}),
        (letter(kind=LetterKind.ANSWER), {"place": 2, "sender": Sender.INNER}),
        (letter(kind=LetterKind.NOTE, identity=True), {"place": 2, "sender": Sender.INNER, "identity": "Li"}),
        (letter(kind=LetterKind.ANSWER, identity=True), {"place": 2, "sender": Sender.STAFF, "identity": "Li"}),
    ],
)
def test_what_couldnt_be_read_isnt_sealed(said: Letter, more: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (it says where, in the words of a library)
        sealed(said, **more)
    assert "xxx" not in str(caught.value)


def test_the_longest_letter_and_name_are_sealed() -> None:
    said = letter(text="\U0001f4e6" * 250_000, identity=True)
    stored = sealed(said, identity="\U0001f4e6" * 250)
    assert open_letter(stored, READS) == said
    assert open_identity(stored, TEAM.identity) == "\U0001f4e6" * 250


@each(
    "more",
    [
        {"type": None},
        {"kind": LetterKind.MESSAGE, "type": ReportType.SALE},
        {"kind": LetterKind.MESSAGE, "fields": Fields(numbers=("1",))},
        {"type": ReportType.DOOR, "fields": Fields(price="1 元")},
        {"type": ReportType.SALE, "fields": Fields(knew=(FieldKind.NAME,))},
    ],
)
def test_a_letter_has_no_fields_but_those_of_its_type(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fields"):
        letter(**more)


def test_nothing_of_a_letter_stands_in_a_repr() -> None:
    shown = "".join(map(repr, (WHOLE, WHOLE.fields, WHOLE.files, whole(), PublicKeys(keys=()))))
    for word in ("单号", "老王", "YT1234567890", "5a5a", "cdcd", repr(whole().salt)[2:12], "WSL"):
        assert word not in shown


def test_a_key_that_is_none_seals_nothing() -> None:
    with pytest.raises(KeyFileError):
        seal_letter(letter(), TEAM.public, bytes(32), box=BOX, sender=Sender.REPORTER, place=1)
    with pytest.raises(KeyFileError):
        parse_public_keys(b"{}")
    one = b'{"wayseal_hotline_keys": 1, "keys": [{"purpose": "reports", "made": "2026-03-02", "public": "%s"}]}'
    for public in (b"", b"AAAA", b"?" * 44, b"A" * 43 + b"="):  # the last is a key, but there is none for names
        with pytest.raises(KeyFileError):
            parse_public_keys(one % public)


def test_the_newest_key_seals() -> None:
    key = PublicKey(purpose=Purpose.REPORTS, made=DAY, public=public_of(READER_KEY))
    keys = PublicKeys(keys=(*TEAM.public.keys, key))
    assert keys.newest(Purpose.REPORTS) == key
    assert key.id == key_id("reports", key.public) != key_id(READER, key.public)
    assert open_letter(sealed(team=keys), {key.id: READER_KEY}) == letter()
    with pytest.raises(NoKeyError):
        open_letter(sealed(team=keys), TEAM.reports)


def sealed_file(content: bytes, *, secret: bytes = SECRET, pieces: int = 70_000) -> tuple[list[bytes], LetterFile]:
    sealer = FileSealer(secret, bytes(16))
    chunks = [c for at in range(0, len(content), pieces) for c in sealer.write(memoryview(content)[at : at + pieces])]
    chunks += sealer.finish()
    return chunks, sealer.described(FileKind.PNG, cleaned=True)


@each("size", [0, 1, 4095, 4096, 4097, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3_000_001, 9_000_001])
def test_a_file_comes_out_as_it_went_in(size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    content = content[:size]
    chunks, file = sealed_file(content)
    assert b"".join(open_chunks(chunks, SECRET, file)) == content
    assert file.size == size
    assert sum(map(len, chunks)) == padded(size) + 16 * len(chunks)
    assert all(len(c) == CHUNK + 16 for c in chunks[:-1])
    assert chunks[-1:] != []


CONTENT = bytes(range(256)) * 2500
CHUNKS, DESCRIBED = sealed_file(CONTENT)
OTHER, _ = sealed_file(CONTENT, secret=bytes(32))
assert len(CHUNKS) == 3


@each(
    "wrong",
    [
        [],
        CHUNKS[:-1],
        CHUNKS[:1],
        CHUNKS[1:],
        [*CHUNKS, CHUNKS[-1]],
        [CHUNKS[0], *CHUNKS],
        [CHUNKS[1], CHUNKS[0], CHUNKS[2]],
        [CHUNKS[0], CHUNKS[2]],
        [OTHER[0], *CHUNKS[1:]],
        [*CHUNKS[:2], OTHER[2]],
        [CHUNKS[0], CHUNKS[1][:-1], CHUNKS[2]],
        [*CHUNKS, b""],
        [b"", *CHUNKS],
        list(sealed_file(CONTENT[:-100_000])[0]),
        list(sealed_file(CONTENT[:-1] + b"x")[0]),
    ],
)
def test_a_file_that_isnt_what_came_doesnt_open(wrong: list[bytes]) -> None:
    with pytest.raises(SealedError):
        list(open_chunks(wrong, SECRET, DESCRIBED))


def test_a_chunk_of_zeros_alone_is_missed_too() -> None:
    chunks, file = sealed_file(bytes((1 << 24) + 1), pieces=CHUNK)
    assert (len(chunks) - 1) * CHUNK > file.size
    with pytest.raises(SealedError):
        list(open_chunks(chunks[:-1], SECRET, file))


@given(st.integers(0, 2), st.integers(0, CHUNK + 15))
def test_no_byte_of_a_file_can_be_changed(chunk: int, place: int) -> None:
    wrong = bytearray(CHUNKS[chunk])
    wrong[place % len(wrong)] ^= 1
    with pytest.raises(SealedError):
        list(open_chunks([*CHUNKS[:chunk], bytes(wrong), *CHUNKS[chunk + 1 :]], SECRET, DESCRIBED))


@each("more", [{"file": "00" * 15 + "01"}, {"size": 655_359}, {"size": 655_361}, {"sha256": "00" * 32}])
def test_a_file_opens_as_its_letter_says_alone(more: dict[str, Any]) -> None:
    with pytest.raises(SealedError):
        list(open_chunks(CHUNKS, SECRET, replace(DESCRIBED, **more)))
    with pytest.raises(SealedError):
        list(open_chunks(CHUNKS, bytes(32), DESCRIBED))
