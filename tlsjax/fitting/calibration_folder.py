"""The folder of a calibration: what is done is kept after every fit, and continued from."""

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any

from tlsjax.errors import InputError
from tlsjax.fitting.calibration import ALARM, SELECTION, Calibration, Score, Trial
from tlsjax.fitting.folder import check_free

STATE = "calibration.json"


def earlier_trials(
    folder: str | PathLike[str], settings: Mapping[str, Any], simulations: int
) -> tuple[Trial, ...]:
    """The simulations that the folder holds already, of the same calibration; none in an absent or empty one.

    Raises:
        InputError: it holds something else, or more simulations, or cannot be written.
    """
    path, state = Path(folder), Path(folder) / STATE
    if not state.exists():
        check_free(path)
        return ()
    try:
        content = json.loads(state.read_text(encoding="utf-8"))
        trials = tuple(Trial(**one) for one in content["simulations"])
        theirs = dict(content["settings"])
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError("is no calibration of tlsjax; name another folder", source=str(state)) from None
    ours = json.loads(json.dumps(settings))
    other = [name for name in ours if theirs.get(name) != ours[name]]
    if other:
        raise InputError(
            f"holds another calibration ({', '.join(other)} differ); name another folder", source=str(path)
        )
    if len(trials) > simulations:
        raise InputError(
            f"holds {len(trials)} simulations already; ask for as many or more, or name another folder",
            source=str(path),
        )
    return trials


def write_state(calibration: Calibration, folder: str | PathLike[str]) -> None:
    """Write calibration.json: what was done, and once all is done what it says."""
    content: dict[str, Any] = {"asked": calibration.asked, "done": len(calibration.trials)}
    if len(calibration.trials) == calibration.asked:
        content |= {
            "verdict": {
                "ok": calibration.ok,
                "reasons": list(calibration.reasons),
                "test": f"uniform ranks over trusted fits, exact band of their distribution function; level "
                f"{ALARM} over {len(calibration.quantities)} parameters",
                "selection": SELECTION,
                "trusted": calibration.trusted,
                "complaints": dict(calibration.complaints),
                "drawn_by": dict(calibration.drawn_by),
            },
            "parameters": {
                name: {which: _plain(score) for which, score in scores.items()}
                for name, scores in calibration.scores.items()
            },
        }
    content |= {
        "settings": dict(calibration.settings),
        "simulations": [asdict(trial) for trial in calibration.trials],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    replace_file(Path(folder) / STATE, text)


def write_table(calibration: Calibration, folder: str | PathLike[str]) -> None:
    """Write calibration.csv, one row a parameter."""
    stream = StringIO()
    rows = [
        {"name": name} | {f"{key}_{which}": x for which, score in scores.items() for key, x in _flat(score)}
        for name, scores in calibration.scores.items()
    ]
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replace_file(Path(folder) / "calibration.csv", stream.getvalue())


def replace_file(path: Path, text: str) -> None:
    """Write beside and move over, so that an interruption leaves the old file whole.

    Raises:
        InputError: the disk refuses.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", source=str(path)) from None


def _plain(score: Score) -> dict[str, Any]:
    coverage = {level: one._asdict() for level, one in score.coverage.items()} if score.fits else {}
    return score._asdict() | {"coverage": coverage}


def _flat(score: Score) -> list[tuple[str, Any]]:
    coverage = [
        (f"{key}_{level.removesuffix(' %')}", value)
        for level, one in score.coverage.items()
        for key, value in one._asdict().items()
    ]
    return [("fits", score.fits), ("p", score.p), ("ok", score.ok), *coverage]
