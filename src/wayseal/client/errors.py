"""Errors of the client. No text holds what was sent or shown, and no library's error stays in the chain."""

from typing import ClassVar

from wayseal.model.errors import WaysealError
from wayseal.model.messages import Bilingual


class ClientError(WaysealError):
    """Something between this system and the service that can't be as it is."""

    exit_code: ClassVar[int] = 3


class RefusedError(ClientError):
    """A rule refused what was asked.

    Attributes:
        rule: Its code.
        zh: Its words in Chinese.
        en: Its words in English.
        status: Of the answer.
        seq: Where the refusal stands in the log, if it does.
        request: The service's id of the request.
        fields: Those that aren't valid, each with what is wrong.
    """

    exit_code: ClassVar[int] = 13

    def __init__(
        self,
        rule: str,
        zh: str,
        en: str,
        *,
        status: int = 403,
        seq: int | None = None,
        request: str = "",
        fields: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__("{words:en}", key=rule, words=Bilingual(zh=zh, en=en))
        self.rule, self.zh, self.en = rule, zh, en
        self.status, self.seq, self.request, self.fields = status, seq, request, fields


class SignInError(ClientError):
    """There is no token for this client and actor.

    Attributes:
        code: Of RFC 6749.
    """

    def __init__(self, code: str) -> None:
        super().__init__("the service gives no token: {code}", code=code)
        self.code = code


class UntrustedError(ClientError):
    """The service's certificate isn't signed by an authority that is trusted, or is for another name."""

    def __init__(self) -> None:
        super().__init__("the service's certificate isn't trusted")


class UnreachableError(ClientError):
    """The service didn't answer, or was busy, as long as was waited. Whether it did what was asked isn't known."""

    exit_code: ClassVar[int] = 5


class EventError(ClientError):
    """A row or a name that can't be an event's."""


class JournalError(ClientError):
    """A gateway's journal can't be used: another process has it, it is another gateway's, or the disk refuses."""

    exit_code: ClassVar[int] = 5


class DeliveryError(ClientError):
    """Where events go can't be reached, refuses them, or doesn't acknowledge them as long as is waited."""

    exit_code: ClassVar[int] = 5
