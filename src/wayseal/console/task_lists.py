"""Lists of tasks by kind of case, which a press adds to one: those that come along, or a courier's own file."""

from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.cases.types import Source, TaskContent, TaskState
from wayseal.cases.writing import MOST_LINE
from wayseal.console.errors import ConsoleSettingsError
from wayseal.detect.detectors import detectors
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, TomlText
from wayseal.page.languages import Lang

_Line = Annotated[str, Field(min_length=1, max_length=MOST_LINE, pattern=r"^\S[^\n\r\t]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in both languages."""

    __pydantic_config__: ClassVar = CLOSED
    en: _Line
    zh: _Line

    def of(self, lang: Lang) -> str:
        """The text in one of them."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTask:
    """A task of a list. days: it is due so many days after it was added; None: whenever."""

    __pydantic_config__: ClassVar = CLOSED
    text: Text
    days: Annotated[int, Field(ge=0, le=365)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """A list of tasks. kinds: sources of cases and names of detectors that it is for."""

    __pydantic_config__: ClassVar = CLOSED
    name: Text
    kinds: Annotated[tuple[str, ...], Field(min_length=1)]
    task: Annotated[tuple[ListedTask, ...], Field(min_length=1, max_length=50)]

    def tasks(self, lang: Lang, owner: str, today: date) -> tuple[TaskContent, ...]:
        """Its tasks, to be added to a case."""
        return tuple(
            TaskContent(
                text=one.text.of(lang),
                state=TaskState.TO_DO,
                owner=owner,
                due=None if one.days is None else (today + timedelta(days=one.days)).isoformat(),
            )
            for one in self.task
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    __pydantic_config__: ClassVar = CLOSED
    list: tuple[TaskList, ...] = ()


def load_task_lists(path: Path | None) -> tuple[TaskList, ...]:
    """The lists of a file; None: those that come along.

    Raises:
        ConsoleSettingsError: The file can't be read, or says what can't be; with its line.
    """
    try:
        place = resources.files(__package__).joinpath("task_lists.toml") if path is None else path
        text = place.read_bytes()
    except OSError:
        raise ConsoleSettingsError(N_("task_lists: the file can't be read"), file=path) from None
    toml = TomlText(text, ConsoleSettingsError, file=path, example='name = { en = "An offer", zh = "售卖帖" }')
    found = toml.read(_File).list
    known = {source.value for source in Source} | {one.name for one in detectors()}
    for at, one in enumerate(found):
        for number, kind in enumerate(one.kinds):
            if kind not in known:
                raise toml.error("neither a source of cases nor a detector", "list", at, "kinds", number)
    return found
