"""Tables and a loss budget, as the options say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlsjax.data import Spectrum, Words, options_for, read_tables
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

if TYPE_CHECKING:
    from tlsjax.model.budget_choice import LossBudget


def said(
    settings: Sequence[str] | None,
    columns: Sequence[str] | None,
    where: Sequence[str] | None,
    runs: Sequence[str] | None,
    header: str | None,
    only: str | None,
) -> Words:
    """What the options say of tables."""
    return Words(settings or (), columns or (), where or (), runs or (), header, only)


def read_all(data: Sequence[str], words: Words, model: str | None = None) -> list[Spectrum]:
    """The tables of all files, one a device, read as the options and the model file's ``[read]`` say.

    Raises:
        InputError: a table that cannot be read so; a condition of a run that holds for no row of any.
    """
    lab = _lab(model)
    options = [options_for(path, tables=data, lab=lab, **vars(words)) for path in data]
    found = [table for path, one in zip(data, options, strict=True) for table in read_tables(path, one)]
    for number, conditions in enumerate(zip(*(one.run for one in options), strict=True), 1):
        runs = [run for table in found if (run := table.condition("run")) is not None]
        condition = next(filter(None, conditions), "")
        if condition and not any((run == number).any() for run in runs):
            raise InputError(f"--run '{shown(condition, 80)}': it holds for no row of any table")
    return found


def _lab(model: str | None) -> Words:
    """What a model file says of tables."""
    if model is None:
        return Words()
    from tlsjax.model.modelfile import ModelFile

    return ModelFile(model).read


def loss_budget(channels: str | None, photon_number: str | None) -> "LossBudget | None":
    """What --budget and --photon-number say, if anything."""
    if channels is None and photon_number is None:
        return None
    from tlsjax.model.budget_choice import DEFAULT_CHANNELS, LossBudget

    names = DEFAULT_CHANNELS if channels is None else tuple(name.strip() for name in channels.split(","))
    return LossBudget(names, photon_number=photon_number or "measured")  # type: ignore[arg-type]
