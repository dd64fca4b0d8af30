"""The folder of a finished fit: whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

from tlsjax.errors import InputError
from tlsjax.fitting.checkpoint import Checkpoint, Mode
from tlsjax.fitting.result import Result
from tlsjax.model.budget_choice import choice_of
from tlsjax.model.modelfile import to_toml

_UNFINISHED = ".unfinished"
_OF_A_FIT = ("sensitivity.nc", "design.json")
"""What commands leave in the folder that would not be of a newer fit."""


def unfinished(
    folder: str | PathLike[str], *, resume: bool = False, overwrite: bool = False
) -> tuple[Path, Checkpoint]:
    """The folder of a fit, and beside it the one of its state as long as it is unfinished.

    Args:
        folder: where the results go; with ``resume`` also the other, DIR.unfinished.
        resume: go on with the run that is there, instead of beginning one.
        overwrite: a run that is there may be given up, and older results replaced.

    Raises:
        InputError: as :func:`check_free`.
    """
    path = Path(folder)
    if resume and path.suffix == _UNFINISHED:
        path = path.with_suffix("")
    check_free(path, overwrite=overwrite)
    mode: Mode = "resume" if resume else "replace" if overwrite else "new"
    remedies = f"tlsjax fit --resume {path}", "add --overwrite"
    return path, Checkpoint(_beside(path), mode, remedies=remedies)


def check_finished(folder: str | PathLike[str]) -> None:
    """Nothing, if no fit into this folder waits to be finished.

    Raises:
        InputError: one does, and there are no older results.
    """
    if not (Path(folder) / "posterior.nc").exists() and Checkpoint(_beside(folder)).path.exists():
        raise InputError(f"this fit is unfinished; go on with: tlsjax fit --resume {folder}")


def _beside(folder: str | PathLike[str]) -> Path:
    return Path(os.path.abspath(folder) + _UNFINISHED)  # "." has no name to add to


def check_free(folder: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """The folder a fit may write into: absent, empty, or to be replaced.

    Raises:
        InputError: it holds something, is a file, or cannot be made.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise InputError("is a file; --out names a folder", source=str(path))
    if path.is_dir() and any(path.iterdir()):
        if not overwrite:
            raise InputError("is not empty; name another folder, or add --overwrite", source=str(path))
        if not (path / "summary.json").exists():
            raise InputError("does not look like a fit's folder; it is not overwritten", source=str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(f"cannot be written to: {error.strerror}", source=str(path.parent)) from None
    return path


def write_folder(
    result: Result,
    folder: str | PathLike[str],
    log: str,
    *,
    overwrite: bool = False,
    checkpoint: Checkpoint | None = None,
) -> None:
    """Write posterior.nc, summary.csv, summary.json, model.toml, log.txt and report.html.

    All is written beside the folder first and put in place at the end, so an interruption leaves nothing
    half-written and an older fit is kept until the new one is complete. So is the run's ``checkpoint``.

    Raises:
        InputError: the folder is taken or the disk refuses.
    """
    path = check_free(folder, overwrite=overwrite)
    try:
        _write_beside(result, path, log)
    except OSError as error:
        remedy = ""
        if checkpoint is not None:
            checkpoint.flush()
            remedy = f"; once that is mended, go on with: {checkpoint.go_on}" if checkpoint.written else ""
        raise InputError(f"cannot be written: {error}{remedy}", source=str(path)) from None
    if checkpoint is not None:
        checkpoint.discard()


def summary(result: Result) -> dict[str, Any]:
    """What ``summary.json`` holds."""
    verdict = result.verdict
    tables = [
        {
            "source": spectrum.source,
            "sha256": spectrum.digest,
            "rows": len(spectrum),
            "measured": list(spectrum.measured),
            "constants": dict(spectrum.constants),
        }
        for spectrum in result.spectra
    ]
    choice = choice_of(result.model.budget, film=result.model.family is not None)
    return {
        "verdict": {
            "ok": verdict.ok,
            "reasons": list(verdict.reasons),
            "checks": list(result.record["checks"]),
        },
        "parameters": result.record["parameters"],
        "data": {"tables": tables, "notes": list(result.notes)},
        "relaxation": None if result.model.family is None else result.model.family.name,
        "budget": None if choice is None else asdict(choice),
        "peaks": [asdict(peak) for peak in result.peaks],
        "ends": [asdict(end) for end in result.ends],
        "elpd_loo": result.record["elpd_loo"],
        "seed": result.seed,
        "method": result.record["method"],
        "drawn_by": result.record.get("drawn_by"),
        "sampler": result.record["sampler"],
        "versions": result.record["versions"],
    }


def _write_beside(result: Result, path: Path, log: str) -> None:
    new = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        _fill(result, new, log)
        new.chmod(0o777 & ~_umask())
        _put_in_place(new, path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _fill(result: Result, folder: Path, log: str) -> None:
    writers: dict[str, Callable[[Path], object]] = {
        "posterior.nc": result.save,
        "summary.csv": lambda path: result.summary().to_csv(path, index_label="name"),
        "summary.json": lambda path: path.write_text(
            json.dumps(summary(result), indent=2, ensure_ascii=False, allow_nan=False), encoding="utf-8"
        ),
        "model.toml": lambda path: path.write_text(to_toml(result.model), encoding="utf-8"),
        "log.txt": lambda path: path.write_text(log, encoding="utf-8"),
        "report.html": result.report,
    }
    for name, write in writers.items():
        write(folder / name)


def _put_in_place(new: Path, path: Path) -> None:
    if not path.exists():
        os.replace(new, path)
        return
    if not any(path.iterdir()):
        path.rmdir()
        os.replace(new, path)
        return
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-old-"))
    for other in path.iterdir():  # what a user keeps there is no part of the older fit
        if other.name not in _OF_A_FIT and not (new / other.name).exists():
            os.replace(other, new / other.name)
    os.replace(path, old / "fit")
    os.replace(new, path)
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
