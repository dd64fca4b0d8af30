"""The state of an unfinished run on disk: one file that is always whole, and a lock."""

import json
import math
import os
import sys
import threading
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tlsjax.errors import InputError

if sys.platform != "win32":
    import fcntl

Arrays = Mapping[str, NDArray[Any]]
Mode = Literal["new", "replace", "resume"]
FILE, LOCK = "checkpoint.npz", "lock"
_SHARE = 0.02
"""Of a run's time that writing may take."""


class Stage(NamedTuple):
    """One part of a run as its own code sees it: what was kept of it, and how to keep more.

    Attributes:
        kept: arrays by name, as :attr:`keep` was given them; None where there are none.
        keep: takes how far the run is, in words, and what makes the arrays should they be written.
    """

    kept: Arrays | None
    keep: Callable[[str, Callable[[], Arrays]], None]


class Checkpoint:
    """A folder that holds the state of one unfinished run; used in a ``with`` block.

    The state is one file, checkpoint.npz, of plain arrays and JSON. It is written beside and moved over, so
    that whatever ends the process leaves the older or the newer state, whole. Leaving the block by an
    exception writes the last state; :meth:`discard` removes the folder. As long as the block lasts, the
    folder is locked against other processes; the lock goes with the process (no lock on Windows and on file
    systems that have none).

    Args:
        folder: made if absent.
        mode: ``"new"``: the folder must not hold a run; ``"replace"``: one that it holds is given up;
            ``"resume"``: it must hold one.
        interval: seconds to the first writing, and between two at least; more where writing would else take
            above 2 % of the time.
        remedies: for messages: how to go on with an unfinished run, and how to begin anew.

    Attributes:
        written: whether the disk holds a state of this run.
        reached: how far that state is, in words.
        trouble: why the last state could not be written; empty where it could.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        mode: Mode = "new",
        *,
        interval: float = 5.0,
        remedies: tuple[str, str] | None = None,
    ) -> None:
        self.folder, self.mode, self._interval = Path(folder), mode, interval
        self.go_on, self.anew = remedies or (f"tls.resume({str(folder)!r})", "delete the folder")
        self.written, self.reached, self.trouble = mode == "resume", "", ""
        self._about: Mapping[str, Any] = {}
        self._head: Arrays = {}
        self._stages: dict[str, Callable[[], Arrays]] = {}
        self._kept: Mapping[str, Arrays] = {}
        self._words, self._changed = "", False
        self._due = time.monotonic() + interval
        self._writing = threading.Lock()

    @property
    def path(self) -> Path:
        """The file that holds the state."""
        return self.folder / FILE

    @property
    def _part(self) -> Path:
        return self.folder / f"{FILE}.part"

    def __enter__(self) -> Self:
        if self.mode == "resume" and not self.path.exists():
            raise InputError("holds no unfinished run", source=str(self.folder))
        self._lock = _locked(self.folder)
        self._part.unlink(missing_ok=True)  # what a killed process was writing
        if self.mode == "new" and self.path.exists():
            self._leave()
            raise InputError(
                f"holds an unfinished run: go on with {self.go_on}, or begin anew: {self.anew}",
                source=str(self.folder),
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.flush()
        finally:
            self._leave()

    def begin(self, about: Mapping[str, Any], arrays: Arrays, environment: Mapping[str, str]) -> None:
        """Say what the run is of; a run that is replaced is given up here.

        Args:
            about: plain data for JSON.
            arrays: by name.
            environment: versions and the like, which must be the same where the run goes on.
        """
        if self.mode == "replace":
            self.path.unlink(missing_ok=True)
        self._about, self._head = {"run": about, "environment": environment}, arrays

    def read(self, environment: Mapping[str, str]) -> tuple[Mapping[str, Any], Arrays]:
        """What :meth:`begin` was told of the run that the folder holds; its stages are there again.

        Raises:
            InputError: the file is damaged, or the environment is another.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", source=str(self.path)) from None
        try:
            self._about, self._head, stages = _parsed(content)
            then, run, words = (self._about[name] for name in ("environment", "run", "reached"))
        except Exception:  # there is no end to what damaged content makes zipfile and numpy raise
            raise InputError(
                f"is damaged, the run cannot go on; begin anew: {self.anew}", source=str(self.path)
            ) from None
        differ = [name for name in environment if then.get(name) != environment[name]]
        if differ:
            was, here = (", ".join(f"{name} {of.get(name)}" for name in differ) for of in (then, environment))
            raise InputError(
                f"was begun with {was}, and here is {here}: the numbers would differ; "
                f"use those, or begin anew: {self.anew}",
                source=str(self.folder),
            )
        self._kept = stages
        self._stages = {name: arrays.copy for name, arrays in stages.items()}
        self.reached = self._words = words
        return run, self._head

    def stage(self, name: str) -> Stage:
        """A part of the run by its name."""

        def keep(words: str, make: Callable[[], Arrays]) -> None:
            with self._writing:
                self._stages[name], self._words, self._changed = make, words, True
                if time.monotonic() >= self._due:
                    self._write()

        return Stage(self._kept.get(name), keep)

    def flush(self) -> None:
        """Write the last state now, if it is not on disk."""
        with self._writing:
            if self._changed:
                self._write()

    def discard(self) -> None:
        """Give the state up: the run is finished and its results are safe."""
        self._stages, self._changed, self.written = {}, False, False
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        """A full disk does not end the run: what was drawn is in memory, and the disk may be freed."""
        began = time.monotonic()
        parts = {"head": self._head} | {name: make() for name, make in self._stages.items()}
        flat: dict[str, Any] = {
            f"{name}/{key}": values for name, arrays in parts.items() for key, values in arrays.items()
        }
        about = json.dumps({**self._about, "reached": self._words, "arrays": sorted(flat)})
        content = BytesIO()
        np.savez(content, about=np.array(about), **flat)
        try:
            with self._part.open("wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            os.replace(self._part, self.path)
            self.written, self.reached, self.trouble, self._changed = True, self._words, "", False
        except OSError as error:
            self.trouble = error.strerror or str(error)
            with suppress(OSError):
                self._part.unlink()
        now = time.monotonic()
        self._due = now + max(self._interval, (now - began) / _SHARE)

    def _leave(self) -> None:
        with suppress(OSError):
            (self.folder / LOCK).unlink()
        self._lock.close()
        with suppress(OSError):  # not where a state is left
            self.folder.rmdir()


@contextmanager
def opened(checkpoint: str | PathLike[str] | Checkpoint | None, mode: Mode) -> Iterator[Checkpoint]:
    """Where to keep a run's state: given up at the end, unless the caller opened it and sees to that.

    Raises:
        InputError: the folder cannot be used in this mode.
    """
    if checkpoint is None:
        yield Checkpoint(os.devnull, interval=math.inf)  # not entered, so nothing is ever written
        return
    if isinstance(checkpoint, Checkpoint):
        yield checkpoint
        return
    with Checkpoint(checkpoint, mode) as own:
        yield own
        own.discard()
    if own.trouble:
        warnings.warn(f"the run's state could not be kept in {own.folder}: {own.trouble}", stacklevel=4)


def _parsed(content: bytes) -> tuple[dict[str, Any], Arrays, dict[str, dict[str, NDArray[Any]]]]:
    """What the run is of, as JSON and arrays, and its stages."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if archive.testzip() is not None:
            raise ValueError("wrong checksum")
    parts: dict[str, dict[str, NDArray[Any]]] = {"head": {}}
    with np.load(BytesIO(content), allow_pickle=False) as file:
        about = json.loads(str(file["about"]))
        if sorted(file.files) != sorted([*about["arrays"], "about"]):
            raise ValueError("arrays are missing")
        for name in about["arrays"]:
            part, _, key = name.partition("/")
            parts.setdefault(part, {})[key] = file[name]
    return dict(about), parts.pop("head"), parts


def _locked(folder: Path) -> IO[str]:
    """The folder's lock file, open and locked, with the id of this process in it."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot be written to: {error.strerror}", source=str(folder)) from None
        if not _lock(file):
            file.seek(0)
            owner = file.read().strip()
            file.close()
            raise InputError(
                f"another run writes there (process {owner}); wait for its end or name another folder",
                source=str(folder),
            )
        if _is(file, folder / LOCK):
            break
        file.close()
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _lock(file: IO[str]) -> bool:
    """Whether the file is ours now; where there are no locks, it is."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
    return True


def _is(file: IO[str], path: Path) -> bool:
    """Whether the open file is still the one at that path: its last owner may have removed it."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
