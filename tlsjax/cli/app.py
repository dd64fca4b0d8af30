"""The command's name, its help, and how it ends."""

import gc
import sys
import warnings

import typer

from tlsjax.cli.screen import say
from tlsjax.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Fit microwave loss, conductivity and current noise of superconducting films by the theory of "
    "two-level systems in a supercurrent (Liu, Andreev, Spivak, PRB 111, L180502, 2025).\n\n"
    "Exit status: 0 done, 1 the fit cannot be trusted (it says why), 2 bad input.",
)


def main() -> None:
    """Run the command; a user's mistake is one line and exit status 2."""
    # what imports and traces leave stays: to look through it over and over takes a second
    gc.set_threshold(200_000, 20, 20)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: say(str(message))
        try:
            app()
        except InputError as error:
            say(str(error))
            sys.exit(2)
        except KeyboardInterrupt:
            say("interrupted; nothing was written")
            sys.exit(130)
