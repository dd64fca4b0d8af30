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
# # A first fit: microwave loss of a biased film
#
# You have the internal loss $1/Q_i$ of resonators made of one film, at several frequencies and dc bias
# currents. You want to know how many two-level systems (TLS) it takes to explain it, how strongly the
# current couples to them, and which of the numbers your data really determine.
#
# The theory (Liu, Andreev, Spivak 2025, Eq. 15): TLS with relaxation times $\tau$ give a film of sheet
# inductance $L_\square$ the dissipative conductivity
#
# $$\sigma(\omega)=A\,[\omega^2+\omega_c^2]\int d\tau\,f(\tau)\,\frac{\tau}{1+\omega^2\tau^2},\qquad
# A=e^2\nu\lambda_F^2,\quad \omega_c=\sqrt\eta\,\omega^*\propto I,\qquad
# \frac1{Q_i}=\alpha_k\,\omega L_\square\,\sigma .$$
#
# $f(\tau)$ is the distribution of relaxation times. Without a bias current $I$ only the $\omega^2$ is left.
# All steps take about a minute; most of it is compiling.

# %% [markdown]
# ## 1. Read the table
#
# Fits need double precision, which JAX must be told first.

# %%
import tempfile
import tomllib
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Image, display

import tlsjax as tls

DATA = Path("data_examples") if Path("data_examples").is_dir() else Path("../data_examples")
OUT = Path(tempfile.mkdtemp())  # where files of this notebook go; put a folder of yours here
plt.rcParams.update({"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8a8a8a"

# %% [markdown]
# `tls.describe` says what each column was taken for, in which unit and over which range. Look at it before
# anything else: a wrong unit is the most common mistake.

# %%
table = tls.read(DATA / "loss.csv")
columns = ["written", "name", "unit", "count", "minimum", "maximum", "note"]
pd.DataFrame([vars(one) for one in tls.describe(table)])[columns]

# %% [markdown]
# ## 2. Look at the data
#
# Inside, everything is SI: the columns are plain arrays.

# %%
frequency, bias, loss, error = (
    table.columns[name] for name in ("frequency", "bias_current", "loss", "loss_err")
)
currents = np.unique(bias)
colours = plt.colormaps["cividis"](np.linspace(0, 0.75, len(currents)))
markers = "os^Dv"


def draw_data(axes):
    for current, colour, marker in zip(currents, colours, markers, strict=True):
        here = bias == current
        axes.errorbar(
            frequency[here] / 1e9, loss[here], error[here],
            fmt=marker, color=colour, ms=5, label=f"{current * 1e6:.0f} µA",
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="frequency (GHz)", ylabel="loss 1/Q$_i$")


figure, axes = plt.subplots(figsize=(6.4, 4))
draw_data(axes)
axes.set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
axes.set_xticks([], minor=True)
axes.legend(title="bias current", frameon=False)
plt.show()

# %%
for current in (currents[0], currents[-1]):
    here = bias == current
    slope = np.polyfit(np.log(frequency[here]), np.log(loss[here]), 1)[0]
    print(f"{current * 1e6:.0f} µA: loss ∝ f^{slope:.2f}")
low = (bias == currents[-1]) & (frequency == frequency.min())
none = (bias == 0) & (frequency == frequency.min())
times = (loss[low] / loss[none])[0]
print(f"at {frequency.min() / 1e9:.0f} GHz the largest bias multiplies the loss by {times:.0f}")

# %% [markdown]
# **See.** Without a bias the loss rises about as $f^2$: $1/Q\propto\omega\sigma$, and $\sigma\propto\omega$
# where relaxation times are spread evenly over decades. A bias lifts the low frequencies by orders of
# magnitude and takes the slope away. That is the signature of the enhanced coupling.

# %% [markdown]
# ## 3. What is assumed before the fit
#
# Every parameter has a broad prior. What the priors together expect of *this* table, before its values are
# seen:

# %%
expected = tls.prior_predictive(table)
expected.picture(OUT / "prior.png")
display(Image(OUT / "prior.png", width=620))
rank = expected.rank(0)
print(f"{np.mean((rank > 0.05) & (rank < 0.95)):.0%} of the measured values lie in the priors' 90 % band")

# %% [markdown]
# **See.** The band is many decades wide and the data lie inside: the priors allow what was measured without
# forcing it. Were the data outside, a unit or a constant in the header would be the first suspect.

# %% [markdown]
# ## 4. Fit, and ask first whether the fit can be trusted

# %%
result = tls.fit(table)
print("trusted:", result.verdict.ok, *result.verdict.reasons)
pd.DataFrame([{"check": c.name, "found": c.figure, "passed": c.ok} for c in result.verdict.checks])

# %% [markdown]
# **See.** R̂, the effective sample sizes (ESS) and the divergences ask whether the sampler has converged.
# *Scatter* and *trend* ask whether data simulated from the fit look like yours: a small p means that the
# model's shape is wrong or the error bars are too small. If `trusted` is False, do not use the numbers; the
# reason says what to do.

# %% [markdown]
# ## 5. The numbers, and which of them the data determine


# %%
def readable(result):
    """Medians and 95 % intervals in the units people use."""
    rows = {}
    for quantity, (_, row) in zip(result.quantities, result.summary().iterrows(), strict=True):
        values = [quantity.shown_factor * row[name] for name in ("median", "q025", "q975")]
        rows[quantity.shown_label] = [*(f"{value:.3g}" for value in values), row["identified"]]
    return pd.DataFrame.from_dict(rows, "index", columns=["median", "2.5 %", "97.5 %", "data determine it"])


readable(result)

# %% [markdown]
# Compare each interval before and after. An orange number is not determined: its interval hangs on a prior,
# however precise it may look in the table.

# %%
determined = result.identified
moving = [q for q in result.quantities if q.name in result.prior_draws and np.ptp(result.draws[q.name]) > 0]
figure, axes = plt.subplots(figsize=(6.4, 4.2))
for place, quantity in enumerate(moving):
    middle = np.median(result.draws[quantity.name])
    for draws, height, colour in (
        (result.prior_draws, 0.16, GREY),
        (result.draws, -0.16, BLUE if determined[quantity.name] else ORANGE),
    ):
        low, high = np.quantile(draws[quantity.name], (0.025, 0.975)) / middle
        axes.plot([low, high], [-place + height] * 2, color=colour, lw=5, solid_capstyle="butt")
axes.set(xscale="log", xlabel="95 % interval, over the posterior's median", xlim=(1e-6, 1e6))
axes.set_yticks(-np.arange(len(moving)), [f"{quantity.name}  {quantity.symbol}" for quantity in moving])
for colour, label in (
    (GREY, "prior"),
    (BLUE, "posterior, determined"),
    (ORANGE, "posterior, not determined"),
):
    axes.plot([], [], color=colour, lw=5, label=label)
axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.35, 1.13), ncols=3)
plt.show()

# %%
for quantity in moving:
    low, high = np.quantile(result.draws[quantity.name], (0.025, 0.975))
    words = "determined" if determined[quantity.name] else "not determined"
    print(f"{quantity.name:20} factor {high / low:8.3g} from end to end of the 95 % interval, {words}")

# %% [markdown]
# **Conclude.** `omega_c` and the strengths inside the measured window (`..._in_window`) are what was
# measured. `nu`, `lambda_f`, `omega_star` and `eta` one by one were not: Eq. 15 has them only as
# $A=e^2\nu\lambda_F^2$ and $\omega_c=\sqrt\eta\,\omega^*$, and no spectrum can separate them. `nu` and
# `omega_star` are narrower than their priors only as far as the priors of `lambda_f` and `eta` let them.
# `tau_max` is out of reach of GHz frequencies, and with it the part of `amplitude` that belongs to slow
# systems. The ridge of `omega_star` and `eta`:

# %%
share = slice(None, None, 4)
star, eta, crossover = (result.draws[name].ravel()[share] for name in ("omega_star", "eta", "omega_c"))
figure, axes = plt.subplots(figsize=(5.2, 3.8))
axes.plot(star / 2e9 / np.pi, eta, ".", ms=3, color=ORANGE, alpha=0.5)
line = np.geomspace(star.min(), star.max(), 2)
axes.plot(
    line / 2e9 / np.pi,
    (np.median(crossover) / line) ** 2,
    color="black",
    lw=1,
    label="√η ω* = median of ω$_c$",
)
axes.set(xscale="log", yscale="log", xlabel="ω*/2π (GHz) at the reference current", ylabel="η")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The draws lie on a line. What you know of the film (thickness, sheet resistance, ...) can cut the line:
# see `tls.FilmPrior`.

# %% [markdown]
# ## 6. Which relaxation times were seen
#
# A point at $\omega$ sees $\tau\approx1/\omega$. Outside the window only the family's formula and the prior
# speak.

# %%
shortest, longest = result.window
print(f"the measured frequencies reach τ from {shortest:.2g} s to {longest:.2g} s")
for name in ("tau_min", "tau_max"):
    low, middle, high = np.quantile(result.draws[name], (0.025, 0.5, 0.975))
    words = "determined" if determined[name] else "not determined"
    print(f"{name}: {middle:.2g} s ({low:.2g}–{high:.2g}), {words}")

# %% [markdown]
# `tau_min` may count as determined although it lies outside the window: an edge a decade away still bends
# the highest frequencies, if $f(\tau)\propto1/\tau$ is right.

# %% [markdown]
# ## 7. Does the fit go through the points, and what does it predict elsewhere?
#
# `predict` takes any conditions, in SI units; what you do not state is taken from the table. Arrays
# broadcast.

# %%
grid = np.geomspace(0.1e9, 100e9, 61)
fan = result.predict("loss", frequency=grid, bias_current=currents[[0, 1, 4], None], draws=1000)
low, middle, high = fan["loss"].quantile([0.025, 0.5, 0.975], "draw").to_numpy()

figure, axes = plt.subplots(figsize=(6.4, 4.2))
for row, place in enumerate((0, 1, 4)):
    axes.fill_between(grid / 1e9, low[row], high[row], color=colours[place], alpha=0.3, lw=0)
    axes.plot(grid / 1e9, middle[row], color=colours[place], lw=1)
draw_data(axes)
axes.axvspan(frequency.min() / 1e9, frequency.max() / 1e9, color="#e9f2e4", zorder=-1, lw=0)
axes.set_ylim(1e-11, 1e-3)
axes.text(np.sqrt(frequency.min() * frequency.max()) / 1e9, 3e-4, "measured", ha="center", color="#3c5a2b")
axes.legend(title="bias current", frameon=False, ncols=2, loc="lower right")
plt.show()

# %%
for hertz in (0.1e9, 3e9, 100e9):
    there = result.predict("loss", frequency=hertz, bias_current=4e-6)["loss"]
    low, middle, high = there.quantile([0.025, 0.5, 0.975], "draw").to_numpy()
    words = f"1/Q = {middle:.2e} ({low:.2e}–{high:.2e}), a factor {high / low:.2f} wide"
    print(f"{hertz / 1e9:5.1f} GHz, 4 µA: {words}")

# %% [markdown]
# **See.** Inside the measured band the prediction is as sharp as the data allow; it widens outside. The
# band contains what this family of $f(\tau)$ leaves open, not that another family may be true:
# `relaxation="free_form"` assumes less (see the notebook on free forms).

# %% [markdown]
# ## 8. Keep it
#
# The report is one HTML file with all figures and assumptions; the NetCDF file holds every draw and gives
# the same result back.

# %%
result.report(OUT / "report.html")
result.save(OUT / "posterior.nc")
again = tls.load(OUT / "posterior.nc")
print(sorted(path.name for path in OUT.iterdir()), again.verdict.ok)

# %% [markdown]
# ## 9. Was it right?
#
# This table is simulated, so the truth is known (with your data it is not).

# %%
truth = tomllib.loads((DATA / "loss.truth.toml").read_text(encoding="utf-8"))["truth"]
rows = []
for name, value in truth.items():
    low, high = np.quantile(result.draws[name], (0.025, 0.975))
    rows.append((name, f"{value:.3g}", f"{low:.3g} – {high:.3g}", low <= value <= high, determined[name]))
pd.DataFrame(rows, columns=["parameter (SI)", "truth", "95 % interval", "holds it", "data determine it"])

# %% [markdown]
# A 95 % interval misses one time in twenty. Over many simulated sets the intervals hold what they promise
# (`tlsjax calibrate` does that for your own model).
#
# **Your own table** goes the same way: `tls.read("mine.csv")`, and the rest of this notebook.
