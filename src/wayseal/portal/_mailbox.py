"""What somebody does in their mailbox: reads, writes, takes files back, saves proofs, leaves."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.errors import SealedError, UnsignedError
from wayseal.cases.hotline.forms import Entered, read_message
from wayseal.cases.hotline.letters import Letter, LetterKind, SealedLetter, Sender, spell_letter
from wayseal.cases.hotline.sealing import open_letter
from wayseal.database import Connection, DatabaseError
from wayseal.portal._intake import Intake, Sent
from wayseal.portal._render import Ask
from wayseal.portal._sessions import Session, Sessions
from wayseal.portal.errors import FormError


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Shown:
    """A letter. letter: None: it was deleted, or doesn't open; files: those that can be taken back.

    forged: it is said to be the team's, and isn't signed by it.
    """

    stored: SealedLetter
    letter: Letter | None
    files: frozenset[str]
    forged: bool

    @property
    def own(self) -> bool:
        """Whether the reporter wrote it."""
        return self.stored.sender is Sender.REPORTER

    @property
    def proofs(self) -> list[dict[str, Any]]:
        """The proofs in it (`cases.hotline.daylog`), each to be saved by itself."""
        found = json.loads(self.letter.text) if self.letter and self.letter.kind is LetterKind.PROOF else []
        return found if isinstance(found, list) else [found]


class Mailbox:
    """The mailbox of a session, in threads. render: makes pages."""

    def __init__(self, intake: Intake, sessions: Sessions, render: Callable[..., Response]) -> None:
        self._intake, self._sessions, self._render = intake, sessions, render

    def act(self, ask: Ask, session: Session, sent: Sent) -> Response:
        """Does what a form says."""
        acts = {"message": self._message, "proof": self._proof, "unfile": self._unfile, "leave": self._leave}
        act = acts.get(sent.fields.get("act", ""))
        return self.show(ask, session) if act is None else act(ask, session, sent)

    def show(self, ask: Ask, session: Session, *, status: int = 200, **more: Any) -> Response:
        """The page. more: what else is on it."""
        letters = self._letters(session)
        values: dict[str, Any] = {
            "box": self._intake.database.read(mailbox.box_of, session.box),
            "letters": letters,
            "session": session,
            "at": max((one.stored.place for one in letters), default=0) + 1,
            "text": "",
            "faults": {},
            "fault": None,
            "missed": (),
            "chosen": (),
            "sent_now": False,
            "taken_back": None,
        }
        return self._render(ask, "mailbox", status=status, padded=True, **values | more)

    def _message(self, ask: Ask, session: Session, sent: Sent) -> Response:
        entered, fault = read_message(sent.fields), sent.wrong
        if fault is None and not entered.faults:
            if self._is_again(session, sent.fields.get("at", ""), entered):
                sent.drop()
                return self.show(ask, session, sent_now=True)
            try:
                if self._intake.takes_letters() and self._intake.file_message(session.box, entered, sent):
                    return self.show(ask, session, missed=sent.missed, sent_now=True)
                fault = FormError("this report takes no more messages")
            except DatabaseError as error:
                self._intake.faults.note(type(error).__name__, "message")
                fault = FormError("nothing can be stored here just now")
        sent.drop()
        values = {"text": entered.text, "faults": {} if sent.wrong else entered.faults, "fault": fault}
        return self.show(ask, session, status=400, chosen=sent.names, **values)

    def _is_again(self, session: Session, at: str, entered: Entered) -> bool:
        """Whether the form was sent twice: its text stands already where this page would have put it, or later."""
        if not at.isascii() or not at.isdigit():
            return False
        later = [one for one in self._letters(session) if one.own and one.stored.place >= int(at)]
        return any(one.letter is not None and one.letter.text == entered.text for one in later)

    def _unfile(self, ask: Ask, session: Session, sent: Sent) -> Response:
        """Takes a file back that the team hasn't fetched."""
        wanted = sent.fields.get("file", "")
        here = any(wanted in one.files for one in self._letters(session))
        if here:
            self._intake.database.write(mailbox.drop_file, bytes.fromhex(wanted))
        return self.show(ask, session, taken_back=here)

    def _proof(self, ask: Ask, session: Session, sent: Sent) -> Response:
        """A proof as a file, with the letter that it is of, as long as that is here."""
        letters, place, wanted = self._letters(session), sent.fields.get("place"), sent.fields.get("n")
        for one in (one for one in letters if str(one.stored.place) == place):
            for n, proof in enumerate(one.proofs):
                if str(n) == wanted:
                    name = f"proof-{one.stored.day}{f'-{n + 1}' if n else ''}.json"
                    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
                    content = json.dumps(proof | _letter_of(proof, letters))
                    return Response(content, media_type="application/json", headers=headers)
        return self.show(ask, session, status=404)

    def _leave(self, ask: Ask, session: Session, sent: Sent) -> Response:
        self._sessions.end(session.token)
        answer = self._render(ask, "left")
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer

    def _letters(self, session: Session) -> list[_Shown]:
        """The letters of a box, opened."""

        def work(c: Connection) -> tuple[list[SealedLetter], set[str]]:
            files = [one.file for one in mailbox.files_of(c, session.box)]
            here = {one.hex() for one in files if mailbox.find_chunk(c, one, 1) is not None}
            return mailbox.letters_of(c, session.box), here

        stored, here = self._intake.database.read(work)
        shown = []
        for one in stored:
            letter, forged = None, False
            try:
                letter = open_letter(one, session.keys, self._intake.team)
            except SealedError as error:
                forged = isinstance(error, UnsignedError)
            own = here.intersection(file.file for file in letter.files) if letter else ()
            shown.append(_Shown(stored=one, letter=letter, files=frozenset(own), forged=forged))
        return shown


def _letter_of(proof: Mapping[str, Any], letters: Sequence[_Shown]) -> dict[str, str]:
    """The letter that a proof is of, as a member of it; nothing where it was deleted."""
    digest = proof.get("entry", {}).get("digest")
    found = [one.letter for one in letters if one.letter and one.stored.digest.hex() == digest]
    return {"letter": base64.b64encode(spell_letter(found[0])).decode()} if found else {}
