# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A loss budget: Q of a resonator over temperature and power
#
# You have $Q_i$ of a resonator at many temperatures and microwave powers, without a dc bias. Which part of
# the loss is two-level systems, which is quasiparticles, and what is left? A *loss budget* is a sum of
# channels:
#
# | channel | loss |
# |---|---|
# | resonant TLS | $F\tan\delta_0\,\tanh(\hbar\omega/2k_BT)$, saturated by the photon number $n$ |
# | the same TLS, relaxing by phonons | plateau $F\tan\delta_0/2$, $\propto T^3$ below it; does not saturate |
# | quasiparticles | Mattis–Bardeen, $\propto e^{-\Delta/k_BT}$ |
# | constant | what depends on neither: radiation, vortices, the package |
#
# The notebook reads measured files from the folder that the environment variable `TLSJAX_MEASURED_DATA`
# names, and takes the same steps with a simulated sweep where there is none. About a minute, half of it
# compiling.

# %%
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import tlsjax as tls
from tlsjax.physics.mattis_bardeen import quasiparticle_loss
from tlsjax.physics.photon_number import photon_number
from tlsjax.physics.resonant_tls import critical_number_lifetimes, phonon_loss, resonant_loss, saturation

OUT = Path(tempfile.mkdtemp())  # where files of this notebook go; put a folder of yours here
plt.rcParams.update({"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"

FOLDER = os.environ.get("TLSJAX_MEASURED_DATA", "")
MEASURED = Path(FOLDER) / "nb_microstrip" / "q_sweep.csv"
measured = bool(FOLDER) and MEASURED.is_file()
if measured:
    print("Measured: niobium microstrip resonators, nb_microstrip/q_sweep.csv.")
else:
    print("TLSJAX_MEASURED_DATA names no folder with nb_microstrip/q_sweep.csv: this is a simulated sweep.")

# %% [markdown]
# ## 1. Read
#
# A measured sweep is a table with the headings of the lab that made it. The simulated one has the same
# columns: a power at the device, a coupling $Q_c$ that turns it into a photon number, and an error that is
# smaller than the real scatter, as those of resonance fits are.


# %%
def simulated(seed=1):
    """Q of a niobium-like resonator: the four channels, with a scatter of 3 % and stated errors of 1 %."""
    kelvin, power = (
        x.ravel() for x in np.meshgrid(np.geomspace(0.1, 2.4, 24), 10.0 ** np.arange(-12, -3, 2))
    )
    omega, q_c = 2 * np.pi * 8e9, 5e4
    loss = np.full(len(kelvin), 1e-5)
    for _ in range(60):  # the photon number depends on the loss
        n = np.asarray(photon_number(power, omega, loss=loss, coupling_quality=q_c))
        n_c = critical_number_lifetimes(
            omega, temperature=kelvin, number=3e6, exponent=2.2, dephasing_temperature=0.17
        )
        share = np.asarray(saturation(n / n_c, exponent=0.9, spread=1.2))
        new = np.asarray(
            resonant_loss(omega, temperature=kelvin, loss_tangent=5e-4, saturation=share)
            + phonon_loss(omega, temperature=kelvin, loss_tangent=5e-4, rate=3e7)
            + quasiparticle_loss(omega, temperature=kelvin, critical_temperature=9.0, kinetic_fraction=0.13)
            + 3e-6
        )
        loss = np.sqrt(loss * new)
    loss = loss * np.exp(0.03 * np.random.default_rng(seed).standard_normal(len(loss)))
    columns = {
        "frequency": np.full(len(loss), 8e9),
        "temperature": kelvin,
        "power": power,
        "coupling_quality_factor": np.full(len(loss), q_c),
        "loss": loss,
        "loss_err": 0.01 * loss,
    }
    return tls.Spectrum(columns, source="simulated")


if measured:
    every = tls.read_tables(MEASURED)
    print("resonators in the file:", ", ".join(table.device for table in every))
    table = replace(every[0].measuring(("loss",)), source=MEASURED.name)
else:
    table = simulated()
print(f"{len(table)} points", *table.notes, sep="\n  ")

# %% [markdown]
# The lines say what each heading was taken for. $Q_i$ becomes a loss $1/Q_i$; where a file also has the
# resonance frequency, its shift could be fitted too and is left out here to be quick. If a heading is
# misread, say so with `tls.ReadOptions`.

# %%
powers = np.unique(table.columns["power"])
colours = plt.colormaps["cividis"](np.linspace(0, 0.75, len(powers)))


def draw_sweep(axes, show=powers):
    for power, colour, marker in zip(powers, colours, "os^DvPX*"[: len(powers)], strict=True):
        here = table.columns["power"] == power
        if power in show:
            axes.plot(
                table.columns["temperature"][here], table.columns["loss"][here],
                marker, color=colour, ms=3.5, label=f"{10 * np.log10(power / 1e-3):.0f} dBm",
            )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="temperature (K)", ylabel="loss 1/Q$_i$")
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2) if t > 0.9 * table.columns["temperature"].min()]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)


figure, axes = plt.subplots(figsize=(6.6, 4))
draw_sweep(axes)
axes.legend(title="power", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# **See.** At the lowest power the loss *falls* as it gets warmer, over most of the range: resonant TLS are
# saturated thermally, as $\tanh(\hbar\omega/2k_BT)$. More power saturates them, most where it is cold. At
# the warm end all powers rise steeply and meet: quasiparticles, which no microwave power saturates.

# %% [markdown]
# ## 2. Fit
#
# The table states no bias current and no kinetic inductance, so the fit is a loss budget with the four
# channels above. `method="laplace"` takes the Gaussian around the optimum and reweights it to the
# posterior, with a check ($\hat k$) of whether that will do; it is quicker than the default sampler, which
# is to be preferred for a paper.

# %%
result = tls.fit(table, method="laplace", draws=2000)
print("trusted:", result.verdict.ok, *result.verdict.reasons)

# %% [markdown]
# What was assumed on the way:

# %%
for note in result.notes[len(table.notes) :]:
    print("•", note)

# %% [markdown]
# The last lines matter. A fractional scatter is inferred beside the stated errors. And where residuals
# follow their neighbours along a sweep, as those of measured sweeps do, each point counts as less than one,
# which widens the intervals: no formula follows a real resonator to the last per cent.

# %%
rows = {}
for quantity, (_, row) in zip(result.quantities, result.summary().iterrows(), strict=True):
    values = [f"{quantity.shown_factor * row[name]:.3g}" for name in ("median", "q025", "q975")]
    rows[quantity.name] = [quantity.shown_label, *values, row["identified"]]
pd.DataFrame.from_dict(rows, "index", columns=["symbol", "median", "2.5 %", "97.5 %", "data determine it"])

# %% [markdown]
# ## 3. Does the budget follow the data?

# %%
model = result.predict("loss", table, draws=400)["loss"].quantile([0.025, 0.5, 0.975], "draw").to_numpy()
fitted = np.median(result.replicas(0), axis=0)
away = {
    "photon number from the predicted Q": np.log(model[1] / table.columns["loss"]),
    "photon number from the measured Q": np.log(fitted / table.columns["loss"]),
}
for name, each in away.items():
    print(
        f"{name}: rms of ln(model/measured) {np.sqrt(np.mean(each**2)):.3f}, at most {np.abs(each).max():.2f}"
    )

figure, axes = plt.subplots(2, 1, figsize=(6.8, 5.6), height_ratios=(3, 1.2), sharex=True)
draw_sweep(axes[0])
for power, colour in zip(powers, colours, strict=True):
    here = table.columns["power"] == power
    kelvin = table.columns["temperature"][here]
    axes[0].fill_between(kelvin, model[0, here], model[2, here], color=colour, alpha=0.3, lw=0)
    axes[0].plot(kelvin, model[1, here], color=colour, lw=1)
    residual = away["photon number from the measured Q"][here]
    axes[1].plot(kelvin, 100 * np.expm1(residual), "-", marker=".", ms=3, lw=0.7, color=colour)
axes[0].set_xlabel("")
axes[0].legend(title="power", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
axes[1].axhline(0, color="black", lw=0.6)
axes[1].set(xlabel="temperature (K)", ylabel="model − data (%)")
figure.tight_layout()
plt.show()

# %% [markdown]
# **See.** One set of parameters for all powers. The lower panel shows the fit's own residuals, which have
# the photon number from the measured $Q$; the upper curves have it from the predicted $Q$, the harder test:
# loss and photon number feed back on each other there. Look for runs of equal sign below: simulated data
# have none, measured ones do, and that is why a correlation of residuals is inferred.

# %% [markdown]
# ## 4. The budget
#
# The share of each channel, from the posterior draws and the same functions that the fit uses. What
# saturates is the rest of the predicted loss.

# %%
kelvin = np.geomspace(table.columns["temperature"].min(), table.columns["temperature"].max(), 40)
hertz, q_c = (float(np.median(table.columns[name])) for name in ("frequency", "coupling_quality_factor"))
COUNT = 100
phonons, quasiparticles = jax.jit(phonon_loss), jax.jit(quasiparticle_loss)


def shares(power):
    """1/Q of each channel at one power, shape (draws, temperatures)."""
    total = result.predict(
        "loss", frequency=hertz, temperature=kelvin, power=power, coupling_quality_factor=q_c, draws=COUNT
    )
    picked = total["draw"].to_numpy()
    own = {name: values.reshape(-1)[picked][:, None] for name, values in result.draws.items()}
    at = {"omega": 2 * np.pi * hertz, "temperature": kelvin}
    parts = {
        "phonons": phonons(**at, loss_tangent=own["loss_tangent"], rate=own["phonon_rate"]),
        "quasiparticles": quasiparticles(
            **at, critical_temperature=own["critical_temperature"], kinetic_fraction=own["kinetic_fraction"]
        ),
        "constant": np.broadcast_to(own["constant_loss"], (COUNT, len(kelvin))),
    }
    parts = {name: np.asarray(part) for name, part in parts.items()}
    return {"resonant": total["loss"].to_numpy() - sum(parts.values()), **parts}


budgets = {power: shares(power) for power in (powers[0], powers[-1])}

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.6, 4), sharey=True)
styles = {
    "resonant": (BLUE, "-"),
    "phonons": (ORANGE, "--"),
    "quasiparticles": (GREEN, "-."),
    "constant": (PURPLE, ":"),
}
for ax, (power, parts) in zip(axes, budgets.items(), strict=True):
    for name, (colour, line) in styles.items():
        low, middle, high = np.quantile(parts[name], (0.025, 0.5, 0.975), axis=0)
        ax.fill_between(kelvin, np.maximum(low, 1e-12), high, color=colour, alpha=0.25, lw=0)
        ax.plot(kelvin, middle, color=colour, ls=line, lw=1.8, label=name)
    here = table.columns["power"] == power
    ax.plot(
        table.columns["temperature"][here],
        table.columns["loss"][here],
        "o",
        ms=3.5,
        color="black",
        label="data",
    )
    ax.set(
        xscale="log", yscale="log", xlabel="temperature (K)", title=f"{10 * np.log10(power / 1e-3):.0f} dBm"
    )
    ax.set_ylim(1e-7, 2 * table.columns["loss"].max())
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2) if t > 0.9 * kelvin[0]]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.set_xticks([], minor=True)
axes[0].set_ylabel("loss 1/Q$_i$")
axes[0].legend(frameon=False, fontsize=8, loc="lower left")
figure.tight_layout()
plt.show()

# %%
places = {
    f"{kelvin[i]:.2g} K": i for i in (0, np.argmin(abs(kelvin - 0.5)), np.argmin(abs(kelvin - 1.5)), -1)
}
rows = {}
for power, parts in budgets.items():
    whole = sum(parts.values())
    for label, place in places.items():
        each = (np.median(parts[name][:, place] / whole[:, place]) for name in styles)
        rows[f"{10 * np.log10(power / 1e-3):.0f} dBm, {label}"] = [f"{share:.0%}" for share in each]
pd.DataFrame.from_dict(rows, "index", columns=list(styles))

# %% [markdown]
# **Conclude.** The table is the answer to "what limits my Q": at low power the resonant TLS, at high power
# and cold the constant, at the warm end quasiparticles. The relaxation of the TLS by phonons is small but
# matters: it is a loss between one and two kelvin that no power saturates, and a budget without it takes it
# for quasiparticles and gets too low a $T_c$.
#
# A band that spans decades, or a parameter that is not determined in the table above, is a channel that
# these data do not need: say "below", not "is".

# %% [markdown]
# ## 5. Keep it
#
# `result.report(OUT / "report.html")` would draw the same budget, with all assumptions and checks.

# %%
result.save(OUT / "posterior.nc")
print("trusted when loaded again:", tls.load(OUT / "posterior.nc").verdict.ok)

# %%
truth = {"loss_tangent": 5e-4, "phonon_rate": 3e7, "critical_temperature": 9.0, "constant_loss": 3e-6}
truth["loss_scatter"] = 0.03
if not measured:
    for name, value in truth.items():
        low, high = np.quantile(result.draws[name], (0.025, 0.975))
        print(f"{name}: {low:.3g} – {high:.3g}, simulated with {value:.3g}: {low <= value <= high}")

# %% [markdown]
# **Next.** Two budgets are compared by predicting a whole power that was left out: `tls.compare({"spread":
# result, "form B": other}, left_out="power")`, with `other = tls.fit(table,
# budget=tls.LossBudget(saturation="B"))`. Several resonators of one chip go into one fit as a list of
# tables. The photon number here comes from the measured $Q_i$, so $Q$ stands on both sides, which flatters
# the fit: of a simulated sweep the scatter comes out smaller than it is.
# `tls.LossBudget(photon_number="solved")` takes the predicted one.
