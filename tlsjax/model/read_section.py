"""The ``[read]`` section of a model file: how a lab's tables are read, written once."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from tlsjax.data.condition import parse_condition
from tlsjax.data.words import Words
from tlsjax.errors import InputError
from tlsjax.unit_text import shown


def _texts(value: object) -> object:
    """One text or a list of them."""
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        return texts
    raise PydanticCustomError("texts", "write a list of texts, such as ['temperature < 1.3 K']")


def _named(value: object) -> object:
    """A table of texts; numbers as TOML has them are texts as well."""
    if isinstance(value, Mapping) and all(type(one) in (str, int, float) for one in value.values()):
        return {name: str(one) for name, one in value.items()}
    raise PydanticCustomError("named", "write a table of texts, such as { power = '-160 dBm' }")


_Texts = Annotated[list[str], BeforeValidator(_texts)]
_Named = Annotated[dict[str, str], BeforeValidator(_named)]


class ReadSection(BaseModel):
    """What ``[read]`` may say; each key as the option of the same name of ``tlsjax fit``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    set: _Named = {}
    columns: _Named = {}
    where: _Texts = []
    run: _Texts = []
    header: str | None = None
    only: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, content: Any) -> Any:
        if isinstance(content, Mapping):
            for key in content:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    close = get_close_matches(str(key), cls.model_fields, n=1)
                    hint = f"did you mean '{close[0]}'? " if close else ""
                    message = f"unknown key '{shown(str(key))}'; {hint}Known: {known}"
                    raise PydanticCustomError("unknown_key", "{message}", {"message": message})
        return content

    def words(self, source: str) -> Words:
        """As a command line would say it.

        Raises:
            InputError: a condition that is none.
        """
        for key in ("where", "run"):
            for text in getattr(self, key):
                try:
                    parse_condition(text, key)
                except InputError as error:
                    raise InputError(f"[read]: {error.message}", source=source) from None
        return Words(
            tuple(f"{name}={value}" for name, value in self.set.items()),
            tuple(f"{written}={name}" for written, name in self.columns.items()),
            tuple(self.where),
            tuple(self.run),
            self.header,
            self.only,
        )
