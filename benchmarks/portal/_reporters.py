"""Who comes to a portal, at a rate that doesn't hang on its answers. Each function is for a process of its own."""

import asyncio
import re
import ssl
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from benchmarks.portal._service import FORM, TYPED, WAIT, body_of, held, receipt_of

_WAITS = re.compile(r"press again in (\d+) minute")
_PRESSES, _MOMENT, _CONNECTIONS, _FORMS = 8, 3.0, 16, 300
_ENGLISH = {"Accept-Language": "en"}


def report(address: str, trusted: str | None, file: str, rate: float, seconds: float, bare: bool) -> dict[str, Any]:
    """Reporters come, `rate` a minute for so many seconds, each with a file.

    trusted: the file of whom to trust, where it speaks TLS; bare: it has no pages, and any answer will do. Returns
    milliseconds of each report that was acknowledged, others by what came, and how many were acknowledged a minute.
    """
    verify = True if trusted is None else ssl.create_default_context(cafile=trusted)
    content, times, failed, told = Path(file).read_bytes(), list[float](), Counter[str](), list[float]()

    async def one(number: int) -> None:
        # A limit by address is nginx's: each comes from another one.
        own = f"127.0.{number // 200 % 200 + 1}.{number % 200 + 2}"
        transport = httpx.AsyncHTTPTransport(verify=verify, local_address=own)
        async with httpx.AsyncClient(transport=transport, base_url=address, timeout=60) as browser:
            try:
                form = {"ticket": "", "type": "sale"} if bare else held((await browser.get(TYPED)).text)
                await asyncio.sleep(WAIT)
                body, began = body_of(form | {"text": f"Numbers of today, {number}."}, content), time.perf_counter()
                answer = await browser.post("/report", content=body, headers=FORM)
            except (httpx.HTTPError, ValueError) as error:
                failed[type(error).__name__] += 1
                return
        if answer.status_code == httpx.codes.OK and (bare or receipt_of(answer.text)):
            told.append(time.perf_counter())
            times.append(1000 * (told[-1] - began))
        else:
            failed[str(answer.status_code)] += 1

    asyncio.run(_come(one, round(rate * seconds / 60), 60 / rate))
    pace = 60 * (len(told) - 1) / (told[-1] - told[0]) if len(told) > 1 else 0.0
    return {"times": times, "failed": failed, "rate": pace}


def come_back(address: str, receipts: list[str], every: float, seconds: float) -> list[tuple[int, float, float]]:
    """Reporters come back, one `every` so many seconds, and press again when the page tells them to.

    Returns of each: presses (0: they gave up), milliseconds of the answer with the mailbox, seconds since the first.
    """
    found: list[tuple[int, float, float]] = []

    async def one(number: int) -> None:
        typed = {"receipt": receipts[number % len(receipts)]}
        async with httpx.AsyncClient(base_url=address, timeout=60, headers=_ENGLISH) as browser:
            page = (await browser.get("/back")).text
            await asyncio.sleep(WAIT)
            since = time.perf_counter()
            for press in range(1, _PRESSES + 1):
                began = time.perf_counter()
                answer = await browser.post("/back", content=body_of(held(page) | typed), headers=FORM)
                if answer.status_code == httpx.codes.OK:
                    now = time.perf_counter()
                    found.append((press, 1000 * (now - began), now - since))
                    return
                page, told = answer.text, _WAITS.search(answer.text)
                await asyncio.sleep(60 * int(told[1]) + 1 if told else _MOMENT)
            found.append((0, 0.0, time.perf_counter() - since))

    asyncio.run(_come(one, round(seconds / every), every))
    return found


def guess(address: str, rate: float | None, burst: int, seconds: float, patient: float) -> dict[str, Any]:
    """A script guesses receipts for so many seconds.

    rate: a minute, behind `burst` at once; None: as many as it can; patient: after so many seconds it presses again
    with what was refused; 0: never. Returns how many it sent, the most in a minute that were looked up, and answers
    that are neither these nor refusals.
    """
    sent, computed, odd, begin = 0, list[float](), Counter[str](), time.perf_counter()
    forms: deque[tuple[float, str]] = deque()

    async def work(_: int) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=60) as browser:
            while time.perf_counter() - begin < seconds:
                try:
                    await press(browser)
                except (httpx.HTTPError, ValueError) as error:
                    odd[type(error).__name__] += 1
                if rate is not None:
                    await asyncio.sleep(max(0.0, begin + 60 * (sent - burst) / rate - time.perf_counter()))

    async def press(browser: httpx.AsyncClient) -> None:
        nonlocal sent
        now = time.perf_counter()
        if not forms or (forms[0][0] > now and len(forms) < _FORMS):
            forms.append((now + WAIT, held((await browser.get("/back")).text)["ticket"]))
            return
        ready, ticket = forms.popleft()
        await asyncio.sleep(max(0.0, ready - now))
        sent += 1
        fields = {"ticket": ticket, "receipt": f"{sent:016d}"}
        status = (await browser.post("/back", content=body_of(fields), headers=FORM)).status_code
        if status == httpx.codes.NOT_FOUND:
            computed.append(time.perf_counter())
        elif status != httpx.codes.TOO_MANY_REQUESTS:
            odd[str(status)] += 1
        elif patient:
            forms.append((time.perf_counter() + patient, ticket))

    asyncio.run(_come(work, _CONNECTIONS, 0.0))
    most = max((sum(at - 60 < one <= at for one in computed) for at in computed), default=0)
    return {"sent": sent, "most": most, "odd": odd}


async def _come(one: Callable[[int], Awaitable[None]], many: int, every: float) -> None:
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(many):
            await asyncio.sleep(max(0.0, began + number * every - time.perf_counter()))
            group.create_task(one(number))  # type: ignore[arg-type]
