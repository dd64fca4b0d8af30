"""Options that several commands share."""

from typing import Annotated

import typer

Tables = Annotated[
    list[str],
    typer.Argument(metavar="DATA...", help="Tables of one device: CSV, TSV or NetCDF.", show_default=False),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="[FILE:]NAME=VALUE",
        help="One number for a table, such as power='-160 dBm', in place of what it says; repeatable.",
        show_default=False,
    ),
]
Headings = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="WRITTEN=NAME",
        help="Read a column as something else, such as 'Q1=quality_factor' or 'P=power [dBm]'; 'P=' passes "
        "over it, 'chip=device' takes its words for names of devices; repeatable.",
        show_default=False,
    ),
]
Header = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="Header of a file without one: 'time [s],current [A]'.", show_default=False
    ),
]
Only = Annotated[
    str | None,
    typer.Option(metavar="DEVICE", help="Of a file with several devices, this one.", show_default=False),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="[FILE:]COND",
        help="Read only rows for which this holds, such as 'temperature < 1.3 K', 'power > -60 dBm' or "
        "'line != 17'; repeatable, all must hold.",
        show_default=False,
    ),
]
Runs = Annotated[
    list[str] | None,
    typer.Option(
        "--run",
        metavar="[FILE:]COND",
        help="Rows of run 1, of run 2 where repeated, and so on, such as 'line > 120' for a second cooldown; "
        "all other rows are of run 0.",
        show_default=False,
    ),
]
Quantities = Annotated[
    list[str] | None,
    typer.Option(
        "--quantity",
        metavar="NAME",
        help="Fit this measured quantity alone, such as loss or frequency_shift; repeatable. Default: all.",
        show_default=False,
    ),
]
Channels = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="CHANNELS",
        help="Loss budget of a resonator: film, film_resonant, resonant, phonons, quasiparticles, "
        "kinetic_inductance, drive, constant, joined by commas. Default for tables of a resonator: "
        "resonant,phonons,quasiparticles,constant.",
        show_default=False,
    ),
]
PhotonNumber = Annotated[
    str | None,
    typer.Option(
        help="Where a photon number comes from that a table gives as power: measured (the measured Q_i, the "
        "default) or solved (the predicted one, self-consistently).",
        show_default=False,
    ),
]
