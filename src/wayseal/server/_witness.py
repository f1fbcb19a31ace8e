"""Has a witness cosign checkpoints of the log (C2SP tlog-witness): whoever writes it anew has to convince it, too.

1. A witness gets origins, sizes, roots and hashes between them, and nothing of an entry.
2. What it answers counts only under the key that was given, and however it answers, or doesn't, an ask ends after
   `WITNESS_SECONDS`. (Whoever looks names up for this machine has limits of their own.)
3. It knows which size it cosigned last. The proof goes on from there, or it is told that there is none.
"""

import asyncio
import base64
import re
from collections.abc import Callable, Sequence

import httpx

from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.merkle.checkpoint import add_cosignature
from wayseal.server.errors import WitnessError, WitnessTrouble

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
        """Status and content of an answer (rule 2)."""
        body = spell_request(old, grow(old), note)
        try:
            return asyncio.run(asyncio.wait_for(_ask(self._url, body), WITNESS_SECONDS))
        except (httpx.HTTPError, OSError, TimeoutError):
            raise WitnessError(WitnessTrouble.AWAY) from None


def spell_request(old: int, path: Sequence[bytes], note: str) -> bytes:
    """Spell a request to a witness (rule 1): the size that it knows, the proof from there, and the checkpoint."""
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
