"""``tlsjax calibrate``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax
from tlsjax.cli.screen import progress


@app.command()
def calibrate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL.toml", help="Model file with priors and [simulate].")
    ],
    out: Annotated[
        str,
        typer.Option(help="Folder for the results; a run begun there goes on.", show_default=False),
    ],
    simulations: Annotated[int, typer.Option(help="Truths to draw, simulate and fit.", min=1)] = 100,
    method: Annotated[str, typer.Option(help="As in `tlsjax fit`.")] = "auto",
    seed: Annotated[int, typer.Option(help="Same seed, version and machine: same numbers.", min=0)] = 0,
    draws: Annotated[int, typer.Option(help="Kept draws of each chain.", min=100)] = 1000,
    warmup: Annotated[int, typer.Option(help="Transitions of each chain before that.", min=100)] = 150,
    chains: Annotated[int, typer.Option(help="Markov chains.", min=2)] = 4,
) -> None:
    """Check that fits of such data tell the truth as often as they say (simulation-based calibration).

    Truths are drawn from the model's own prior, simulated under the conditions of `[simulate]` and fitted;
    the truth's rank among the posterior's draws must be uniform. Leaves calibration.html, .csv and .json.
    The same command goes on after an interruption, and with more `--simulations` adds to what is there.

    Exit status: 0 calibrated, 1 not (it says which parameter and how), 2 bad input.
    """
    prepare_jax()
    from tlsjax.fitting import calibrate as run
    from tlsjax.fitting.calibration import Calibration
    from tlsjax.fitting.calibration_folder import earlier_trials, write_state, write_table
    from tlsjax.model.modelfile import ModelFile
    from tlsjax.report.calibration import calibration_in_words, write_page

    plan = run.plan_of(ModelFile(model))
    sampler = run.Sampler(method, chains, warmup, draws)
    done = earlier_trials(out, run.settings_of(plan, seed, sampler), simulations)
    console = Console()
    with progress() as tell:

        def keep(so_far: Calibration) -> None:
            write_state(so_far, out)
            tell("fitting", len(so_far.trials), simulations)

        tell("fitting", len(done), simulations)
        try:
            found = run.calibrate(plan, simulations, seed=seed, sampler=sampler, done=done, keep=keep)
        except KeyboardInterrupt:
            Console(stderr=True).print(Text(f"tlsjax: interrupted; the same command goes on from {out}"))
            raise typer.Exit(130) from None
        write_table(found, out)
        write_page(found, out, Path(model).name)
    console.print(calibration_in_words(found, console.width))
    console.print(Text(f"Report: {Path(out) / 'calibration.html'}"))
    if not found.ok:
        raise typer.Exit(1)
