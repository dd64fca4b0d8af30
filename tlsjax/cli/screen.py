"""What a user sees while a command works: one line, a bar, and how to go on after Ctrl-C."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

if TYPE_CHECKING:
    from tlsjax.fitting.checkpoint import Checkpoint


def say(line: str) -> None:
    """One line on the error stream."""
    Console(stderr=True, soft_wrap=True).print(Text(f"tlsjax: {line}"))


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the error stream for as long as the block lasts."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<18}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def tell(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total if done else None)

        yield tell


@contextmanager
def interruptible(keep: "Checkpoint") -> Iterator[None]:
    """Ctrl-C ends a fit with one line that says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        after = f" after {keep.reached}" if keep.reached else ""
        lost = f"; what came later could not be written: {keep.trouble}" if keep.trouble else ""
        how = f"go on with: {keep.go_on}" if keep.written else "nothing was written"
        say(f"interrupted{after}{lost}; {how}")
        raise typer.Exit(130) from None
