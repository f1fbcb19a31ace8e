"""Signs the log every so many seconds, and keeps what was seen of it: whoever shortens it later is found out.

1. Nothing is signed where nothing was added, nor behind what was seen or signed before.
2. What fails is tried again the next time, and told in the log of the service and in a metric.
3. What was signed is exported before a witness is asked, and what it cosigned takes the place of nothing else.

A witness cosigns checkpoints (C2SP tlog-witness): whoever writes the log anew has to convince it, too.

4. A witness gets origins, sizes, roots and hashes between them, and nothing of an entry.
5. What it answers counts only under the key that was given, and however it answers, or doesn't, an ask ends after
   `WITNESS_SECONDS`. (Whoever looks names up for this machine has limits of their own.)
6. It knows which size it cosigned last. The proof goes on from there, or it is told that there is none.
"""

import asyncio
import base64
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx

from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.merkle.checkpoint import add_cosignature
from wayseal.model.errors import WaysealError
from wayseal.server._metrics import Metrics
from wayseal.server.errors import WitnessError, WitnessTrouble
from wayseal.server.settings import Settings
from wayseal.service import Repeated
from wayseal.service.log import Log, where
from wayseal.store.durable import replace_file
from wayseal.vault import Vault
from wayseal.vault.log.proofs import path_of_growth

WITNESS_SECONDS = 5.0
"""How long an ask may take, to the end of its answer."""
_MOST_BYTES = 65_536
_MOST_LINES = 63
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_CONFLICT, _UNPROVEN = 409, 422
_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}


class Witness:
    """One witness. url: what `/add-checkpoint` is put behind; key: the one by which its answers count."""

    def __init__(self, url: str, key: VerifyKey) -> None:
        self._url = url.rstrip("/") + "/add-checkpoint"
        self._key = key

    def cosign(self, note: str, old: int, grow: Callable[[int], Sequence[bytes]]) -> str:
        """A signed checkpoint with the witness's signature.

        old: the size that it probably cosigned last; grow: gives the consistency proof from a size to the checkpoint's.
        WitnessError says why it didn't; LogChangedError: `grow` can't prove it.
        """
        size = Checkpoint.claimed(note.encode()).size
        status, answer = self._post(old, note, grow)
        if status == _CONFLICT and (known := _SIZE.fullmatch(answer)) and int(known[1]) != old:
            if int(known[1]) > size:
                raise WitnessError(WitnessTrouble.AHEAD, status)
            status, answer = self._post(int(known[1]), note, grow)
        if status in (_CONFLICT, _UNPROVEN):
            raise WitnessError(WitnessTrouble.FORKED, status)
        if status != httpx.codes.OK:
            raise WitnessError(WitnessTrouble.REFUSED, status)
        try:
            return add_cosignature(note.encode(), answer, self._key).decode()
        except MerkleError:
            raise WitnessError(WitnessTrouble.UNSIGNED, status) from None

    def _post(self, old: int, note: str, grow: Callable[[int], Sequence[bytes]]) -> tuple[int, bytes]:
        """Status and content of an answer (rule 5)."""
        body = spell_request(old, grow(old), note)
        try:
            return asyncio.run(asyncio.wait_for(_ask(self._url, body), WITNESS_SECONDS))
        except (httpx.HTTPError, OSError, TimeoutError):
            raise WitnessError(WitnessTrouble.AWAY) from None


def spell_request(old: int, path: Sequence[bytes], note: str) -> bytes:
    """Spell a request to a witness (rule 4): the size that it knows, the proof from there, and the checkpoint."""
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in path[:_MOST_LINES]), ""]
    return ("\n".join(lines) + "\n" + note).encode()


async def _ask(url: str, body: bytes) -> tuple[int, bytes]:
    content = b""
    async with (
        httpx.AsyncClient(timeout=WITNESS_SECONDS) as http,
        http.stream("POST", url, content=body, headers=_HEADERS) as answer,
    ):
        async for part in answer.aiter_raw():
            content += part
            if len(content) > _MOST_BYTES:
                raise httpx.RemoteProtocolError("too long")
    return answer.status_code, content


class Signer(Repeated):
    """A thread that signs; at its end it signs once more."""

    def __init__(self, vault: Vault, settings: Settings, metrics: Metrics, log: Log) -> None:
        self._vault, self._metrics, self._log = vault, metrics, log
        self._folder = settings.checkpoint_folder
        url, key = settings.witness, settings.witness_key
        self._witness = None if url is None or key is None else Witness(url, key)
        self._signed = self._cosigned = ""
        super().__init__(self.sign, settings.sign_seconds, "wayseal-signer")

    def close(self) -> None:
        """Ends the thread."""
        super().close()
        if self._seconds:
            self.sign()

    def sign(self) -> None:
        """Signs now (rules 1 to 3)."""
        try:
            note = self._vault.checkpoint(now=time.time_ns() // 1000)
            self._vault.memory.save()
            if self._folder is not None and note != self._signed:
                _export(self._folder, "checkpoint", note)
            self._signed = note
            if self._vault.memory.trouble is not None:
                self._log.error("log_memory_unsaved", reason=self._vault.memory.trouble)
            if self._folder is not None and self._witness is not None and note != self._cosigned:
                self._have_cosigned(self._witness, self._folder, note)
        except WitnessError as error:
            self._metrics.signing_failed()
            self._log.error("uncosigned", rule=error.trouble, status=error.status, **where(error))
        except (WaysealError, OSError) as error:
            self._metrics.signing_failed()
            self._log.error("unsigned", **where(error))

    def _have_cosigned(self, witness: Witness, folder: Path, note: str) -> None:
        """Rule 3."""

        def grow(old: int) -> Sequence[bytes]:
            return self._vault.main.read(path_of_growth, old, note.encode())

        memory, size = self._vault.memory, Checkpoint.claimed(note.encode()).size
        _export(folder, "cosigned", witness.cosign(note, min(memory.seen.cosigned_size, size), grow))
        self._cosigned = note
        self._metrics.witnessed(size)
        memory.learn_cosigned(size)
        memory.save()


def _export(folder: Path, kind: str, note: str) -> None:
    """Puts the newest checkpoint of today in the place of an earlier one of its kind."""
    replace_file(folder / f"{datetime.now(UTC):%Y-%m-%d}.{kind}", note.encode())
