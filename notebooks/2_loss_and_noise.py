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
# # Loss and noise of one device: the fluctuation–dissipation test
#
# The two-level systems that absorb microwaves also make the current fluctuate. In equilibrium the two are
# one:
#
# $$S_I(\omega)=4k_BT\,\sigma(\omega)\,\frac{W}{\ell_x}$$
#
# (one-sided, per Hz; Eq. 20 of Liu, Andreev, Spivak 2025) for a film of width $W$ and length $\ell_x$. Here
# one film was measured twice: its microwave loss as resonators, at GHz, and its current noise as a biased
# wire, at 1 Hz to 1 MHz. Three questions:
#
# 1. What does the loss alone predict for the noise?
# 2. Does the measured noise obey the theorem, given the loss?
# 3. What do both together tell that neither tells alone?
#
# All steps take about a minute and a half, half of it compiling.

# %%
import tomllib
from dataclasses import replace
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import tlsjax as tls

DATA = Path("data_examples") if Path("data_examples").is_dir() else Path("../data_examples")
plt.rcParams.update({"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8a8a8a"

# %% [markdown]
# ## 1. Two tables

# %%
loss = tls.read(DATA / "loss.csv")
noise = tls.read(DATA / "noise.csv")
for table in (loss, noise):
    print(f"{len(table)} points of {', '.join(table.measured)}; constants (SI): {dict(table.constants)}")

# %% [markdown]
# Width and length stand in the noise table and the sheet inductance in the loss table: each is needed to
# turn its quantity into a conductivity. `averages` in the noise table is the number of periodograms behind
# each point; it says how the noise scatters (a gamma distribution), so no error bar is needed.

# %%
wires = np.unique(noise.columns["bias_current"])
looks = dict(zip(wires, ((BLUE, "o"), (ORANGE, "s")), strict=True))


def draw_noise(axes):
    for current, (colour, marker) in looks.items():
        here = noise.columns["bias_current"] == current
        axes.plot(
            noise.columns["frequency"][here], noise.columns["current_noise"][here], marker,
            color=colour, ms=4, label=f"measured, {current * 1e6:.0f} µA",
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="frequency (Hz)", ylabel="current noise (A²/Hz)")


figure, axes = plt.subplots(figsize=(6.2, 3.8))
draw_noise(axes)
axes.legend(frameon=False)
plt.show()

# %%
small, large = (noise.columns["current_noise"][noise.columns["bias_current"] == current] for current in wires)
hertz = noise.columns["frequency"][: len(small)]
middle = (hertz > 1e3) & (hertz < 1e5)
slope = np.polyfit(np.log(hertz[middle]), np.log(large[middle]), 1)[0]
print(f"twice the current makes {np.exp(np.mean(np.log(large / small))):.2f} times the noise")
print(f"between 1 and 100 kHz it falls as f^{slope:.2f}")

# %% [markdown]
# **See.** A plateau at the lowest frequencies, then about a $1/f$ fall over decades. The noise grows as the
# square of the current, since $\omega_c\propto I$.

# %% [markdown]
# ## 2. What the loss alone predicts
#
# A fit of the loss predicts the noise: the film is the same. `predict` takes the conditions from the noise
# table and does not read its measured values.

# %%
from_loss = tls.fit(loss)
print("trusted:", from_loss.verdict.ok, *from_loss.verdict.reasons)
foretold = from_loss.predict("current_noise", noise)["current_noise"]


# %%
def draw_band(axes, prediction, colour, label, current=4e-6):
    """Median and 95 % band at one bias current of the noise table."""
    here = noise.columns["bias_current"] == current
    low, middle, high = prediction.quantile([0.025, 0.5, 0.975], "draw").to_numpy()[:, here]
    x = noise.columns["frequency"][here]
    axes.fill_between(x, low, high, color=colour, alpha=0.25, lw=0, label=f"{label}, 95 %")
    axes.plot(x, middle, color=colour, lw=1.5, zorder=3)


figure, axes = plt.subplots(figsize=(6.2, 4))
draw_band(axes, foretold, GREY, "predicted from the loss, 4 µA")
draw_noise(axes)
axes.set_ylim(1e-30, 1e-19)
axes.legend(frameon=False, loc="upper right")
plt.show()

# %%
spread = foretold.quantile([0.025, 0.975], "draw").to_numpy()
decades = np.log10(spread[1] / spread[0])
print(f"the band is {decades.min():.1f} decades wide where it is narrowest, {decades.max():.1f} where widest")
print(f"the loss reaches τ from {from_loss.window[0]:.1e} to {from_loss.window[1]:.1e} s")

# %% [markdown]
# **Conclude.** The measured noise lies inside, but the band is wide: GHz data do not know $f(\tau)$ at
# milliseconds. Most of it hangs on one number, the longest relaxation time `tau_max`, which the loss does
# not see.

# %% [markdown]
# ## 3. The test
#
# `noise_ratio` asks for the factor $R=S_\text{measured}/S_\text{FDT}$, one for all points. What the loss
# left open in $f(\tau)$ may follow the noise's *shape*; its *level* goes into $R$. Equilibrium means $R=1$.

# %%
ratio = from_loss.noise_ratio(noise)
print(ratio.in_words())
print(f"p of the shape with R free: {ratio.p_shape:.2f}; with R = 1: {ratio.p_obeyed:.2f}")

# %% [markdown]
# **Why is $R$ so much sharper than the band above?** The plateau's corner shows `tau_max`, and with it
# known the loss predicts the level. Small values of p would say that the shape does not fit whatever the
# factor.
#
# What would a violation look like? Make one: a spectrum of twice the height, as from an analyser whose
# two-sided spectrum was taken for a one-sided one, or from a wire at twice the stated temperature.

# %%
doubled = replace(
    noise, columns={**noise.columns, "current_noise": 2.0 * noise.columns["current_noise"]}, source="doubled"
)
wrong = from_loss.noise_ratio(doubled)
print(wrong.in_words())

# %%
figure, axes = plt.subplots(figsize=(6.2, 3))
bins = np.geomspace(0.7, 3, 90)
for found, colour, label in ((ratio, BLUE, "as measured"), (wrong, ORANGE, "doubled")):
    axes.hist(found.draws, bins, color=colour, alpha=0.75, label=label)
axes.axvline(1, color="black", lw=1, ls="--")
axes.text(0.985, 0.95, "FDT", ha="right", va="top", transform=axes.get_xaxis_transform())
axes.set(xscale="log", xlabel="R = measured noise / noise by the fluctuation–dissipation theorem", yticks=[])
axes.spines["left"].set_visible(False)
axes.set_xticks([0.7, 1, 1.5, 2, 3], ["0.7", "1", "1.5", "2", "3"])
axes.set_xticks([], minor=True)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **Before you report a violation**, rule out what else multiplies the noise: $W/\ell_x$, the temperature of
# the biased wire, gain and bandwidth, a factor 2 of conventions, another source of noise ($R>1$), another
# loss in the resonators ($R<1$), or a family of $f(\tau)$ that does not hold over the decades between the
# two measurements.

# %% [markdown]
# ## 4. Both in one fit
#
# The theorem holds here, so both tables may speak about the same parameters.

# %%
joint = tls.fit([loss, noise])
print("trusted:", joint.verdict.ok, *joint.verdict.reasons)
for label, result in (("loss alone", from_loss), ("both", joint)):
    print(f"{label}: τ from {result.window[0]:.1e} to {result.window[1]:.1e} s")

# %%
truth = tomllib.loads((DATA / "noise.truth.toml").read_text(encoding="utf-8"))["truth"]
rows = {}
for name in ("omega_c", "amplitude", "tau_min", "tau_max", "eta", "lambda_f"):
    row = []
    for result in (from_loss, joint):
        low, high = np.quantile(result.draws[name], (0.025, 0.975))
        row += [f"{low:.3g} – {high:.3g}", result.identified[name]]
    rows[name] = [*row, f"{truth[name]:.3g}"]
heads = ["loss alone, 95 %", "determined", "both, 95 %", "determined ", "truth"]
pd.DataFrame.from_dict(rows, "index", columns=heads)

# %% [markdown]
# **Conclude.** Together the data reach relaxation times over more than ten decades: `tau_max` and the whole
# amplitude $A$ become known, `tau_min` sharper. `eta` and `lambda_f` stay where their priors were: noise
# sees the same two combinations as loss. (The tables are simulated, so the last column knows the truth.)

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.9))
draw_band(axes[0], foretold, GREY, "from the loss alone")
draw_band(axes[0], joint.predict("current_noise", noise)["current_noise"], "black", "loss and noise")
draw_noise(axes[0])
axes[0].set_ylim(1e-30, 1e-19)
axes[0].legend(frameon=False, loc="upper right", fontsize=8)

resonators = np.unique(loss.columns["bias_current"])
shades = plt.colormaps["cividis"](np.linspace(0, 0.75, len(resonators)))
grid = np.geomspace(1e9, 12e9, 31)
fan = joint.predict("loss", frequency=grid, bias_current=resonators[:, None], temperature=0.05, draws=500)
low, middle, high = fan["loss"].quantile([0.025, 0.5, 0.975], "draw").to_numpy()
for row, current in enumerate(resonators):
    here = loss.columns["bias_current"] == current
    axes[1].fill_between(grid / 1e9, low[row], high[row], color=shades[row], alpha=0.4, lw=0)
    axes[1].plot(grid / 1e9, middle[row], color=shades[row], lw=1)
    axes[1].errorbar(
        loss.columns["frequency"][here] / 1e9, loss.columns["loss"][here], loss.columns["loss_err"][here],
        fmt="os^Dv"[row], ms=4, color=shades[row], label=f"{current * 1e6:.0f} µA",
    )  # fmt: skip
axes[1].set(xscale="log", yscale="log", xlabel="frequency (GHz)", ylabel="loss 1/Q$_i$", ylim=(5e-10, 1e-5))
axes[1].set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
axes[1].set_xticks([], minor=True)
axes[1].legend(frameon=False, ncols=2, fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# **See.** One set of parameters goes through both measurements, from hertz to gigahertz. The joint fit
# (black, 4 µA; its band is hardly wider than the line) replaces a prediction that was decades wide (grey).
#
# With **your device**: state `width`, `length` and `temperature` of the wire and `kinetic_inductance` and
# `kinetic_fraction` of the resonators above the tables' headers, and the bias current in both.
