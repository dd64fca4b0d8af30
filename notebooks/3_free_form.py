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
# # Relaxation times without a formula
#
# A spectrum sees the distribution $f(\tau)$ of relaxation times only smoothed: through $K(\omega)=\int
# d\tau f\,\tau/(1+\omega^2\tau^2)$, which mixes times within about an e-fold of $1/\omega$.
# `relaxation="free_form"` asks what can be said of $f(\tau)$ without choosing a formula. Here the data are
# simulated, so that the answer can be held against the truth, for two truths:
#
# - **two groups** of systems, one fast, one slow: are there two peaks, how sure is that?
# - **a box**: $f\propto1/\tau$ between two sharp ends. Can a smooth curve see that it ends?
#
# The four fits take one to two minutes, most of it compiling.

# %%
import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import tlsjax as tls

plt.rcParams.update({"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE = "#0072B2", "#D55E00"

# %% [markdown]
# ## 1. Two truths, measured with noise
#
# Conductivity at 25 frequencies from 1 MHz to 10 GHz, each with an error of 2 %, at a bias so strong that
# only the superflow term $A\omega_c^2K(\omega)$ is seen. The spectrum then *is* $K(\omega)$ but for a
# factor.

# %%
two_groups = tls.Mixture(jnp.asarray([0.5, 0.5]), (tls.LogNormal(1e-10, 1.0), tls.LogNormal(2e-8, 1.0)))
box = tls.LogUniform(3e-10, 1e-8)

frequency = np.geomspace(1e6, 1e10, 25)
ERROR = 0.02


def measured(truth, seed=0):
    sigma = np.asarray(
        tls.conductivity(
            2 * np.pi * frequency, nu=1e38, lambda_f=5e-10, omega_star=1e12, eta=1.0, relaxation=truth
        )
    )
    noise = ERROR * np.random.default_rng(seed).standard_normal(len(frequency))
    columns = {
        "frequency": frequency,
        "bias_current": np.full(len(frequency), 1e-6),
        "conductivity": sigma * (1 + noise),
        "conductivity_err": ERROR * sigma,
    }
    return tls.Spectrum(columns, source="simulated")


tables = {"two groups": measured(two_groups), "box": measured(box)}
truths = {"two groups": two_groups, "box": box}

# %%
figure, axes = plt.subplots(figsize=(5.6, 3.6))
for (name, table), colour, marker in zip(tables.items(), (BLUE, ORANGE), "os", strict=True):
    columns = (table.columns[one] for one in ("frequency", "conductivity", "conductivity_err"))
    axes.errorbar(*columns, fmt=marker, ms=4, color=colour, label=name)
axes.set(xscale="log", yscale="log", xlabel="frequency (Hz)", ylabel="sheet conductivity (S)")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# **See.** Two groups make a shoulder, the box one bend. Nobody reads $f(\tau)$ off such curves by eye.

# %% [markdown]
# ## 2. Fit without a formula
#
# The prior: $\ln\tau f$ is a smooth curve over $\ln\tau$ that turns sharply in few places only; how rough
# it is, is inferred. Only 300 draws a chain, to be quick; keep the default of 1000 for a paper.

# %%
free = {name: tls.fit(table, relaxation="free_form", draws=300) for name, table in tables.items()}
for name, result in free.items():
    print(f"{name}, trusted:", result.verdict.ok, *result.verdict.reasons)

# %% [markdown]
# ## 3. Peaks and sharp ends
#
# A *peak* is a place where $f(\tau)$ falls to half within a decade of $\tau$ on either side; its
# probability is the share of posterior draws that have one there. A *sharp end* is fitted where the data
# prefer it by far over a curve that runs on.


# %%
def interval(one, unit="s"):
    return f"{one.median:.2g} {unit} ({one.low:.2g}–{one.high:.2g})"


for name, result in free.items():
    print(name)
    for peak in result.peaks:
        print(f"  a peak at {interval(peak)} with probability {peak.probability:.2f}")
    for end in result.ends:
        print(f"  a sharp end at {interval(end)}")
    if not result.ends:
        print("  no sharp end is asked for")
    print(*(f"  note: {note}" for note in result.notes if "sharply" in note), sep="\n")

print("truth: groups at", *(f"{float(part.median):.2g} s" for part in two_groups.components), sep="  ")
print(f"truth: the box ends at {float(box.tau_min):.2g} and {float(box.tau_max):.2g} s")

# %% [markdown]
# ## 4. The band against the truth


# %%
def density(result, tau):
    """τ f(τ) of every draw, shape (draws, len(tau))."""
    return np.asarray(jax.vmap(lambda one: one.density(tau) * tau)(result.relaxations))


tau = jnp.asarray(np.geomspace(2e-12, 1e-6, 240))
figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.8), sharey=True)
inside = {}
for ax, (name, result) in zip(axes, free.items(), strict=True):
    low, middle, high = np.quantile(density(result, tau), (0.025, 0.5, 0.975), axis=0)
    known = np.asarray(truths[name].density(tau) * tau)
    ax.fill_between(tau, low, high, color=BLUE, alpha=0.3, lw=0, label="free form, 95 %")
    ax.plot(tau, middle, color=BLUE, lw=1.2, label="free form, median")
    ax.plot(tau, known, color="black", ls="--", lw=1.2, label="truth")
    ax.axvspan(*result.window, color="#e9f2e4", zorder=-1, lw=0)
    ax.text(2 * result.window[0], 0.47, "seen", color="#3c5a2b")
    ax.set(xscale="log", xlabel="relaxation time τ (s)", title=name, xlim=(tau[0], tau[-1]), ylim=(0, 0.5))
    seen = known > 0.05 * known.max()
    inside[name] = np.mean(((known >= low) & (known <= high))[seen])
axes[0].set_ylabel("τ f(τ), share per e-fold of τ")
axes[0].legend(frameon=False, loc="upper right", fontsize=8)
figure.tight_layout()
plt.show()
for name, share in inside.items():
    print(
        f"{name}: the band holds the truth over {share:.0%} of the range where it is above 5 % of its maximum"
    )

# %% [markdown]
# **See.** Two humps are found where the truth has them, with a band that says how uncertain their height
# is. The box is found as a flat top between two falls; rounding its edges would have made a smooth curve
# too sure of itself there. The band covers 95 % point by point: some points of the truth may lie outside.

# %% [markdown]
# ## 5. What is unseen
#
# The measured frequencies reach $\tau$ from $1/\omega_\text{max}$ to $1/\omega_\text{min}$ (green). Of
# systems outside, a spectrum knows only what they add at its ends, and a group of slow ones far outside
# leaves no trace. What is said of them comes from neighbours and the prior alone.

# %%
for name, result in free.items():
    shares = np.asarray(jax.vmap(lambda one, ends=result.window: one.mass(*ends))(result.relaxations))
    low, middle, high = np.quantile(np.clip(1 - shares, 0, 1), (0.025, 0.5, 0.975))
    print(f"{name}: {middle:.1%} ({low:.1%}–{high:.1%}) of f(τ) lies outside the window")

# %% [markdown]
# The form itself ends a decade beyond the window: what lies farther out is not in this number. Compare
# `amplitude` (all systems of the form) with `amplitude_in_window` (those that the data reach) in
# `result.summary()`.

# %% [markdown]
# ## 6. Against a family
#
# Both data sets again, with the formula of the box, `log_uniform`: wrong for the two groups, right for the
# box. The fits are ranked by how well they predict points left out (leave-one-out); a difference counts
# where it is larger than twice its standard error, and larger than 4.

# %%
family = {name: tls.fit(table, relaxation="log_uniform", method="laplace") for name, table in tables.items()}
rows = []
for name in tables:
    pair = {"free_form": free[name], "log_uniform": family[name]}
    for one in tls.compare(pair).ranked:
        difference = f"{one.difference:.1f} ± {one.standard_error:.1f}"
        rows.append((name, one.name, difference, one.clearly_worse, pair[one.name].verdict.ok))
pd.DataFrame(rows, columns=["data", "f(τ)", "difference", "clearly worse", "trusted"])

# %%
for name, result in family.items():
    print(f"log_uniform, {name}:", *(result.verdict.reasons or ("no objection",)), sep="\n  ")

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.8), sharey=True)
for ax, name in zip(axes, tables, strict=True):
    for result, colour, label in ((free[name], BLUE, "free_form"), (family[name], ORANGE, "log_uniform")):
        low, middle, high = np.quantile(density(result, tau), (0.025, 0.5, 0.975), axis=0)
        ax.fill_between(tau, low, high, color=colour, alpha=0.3, lw=0)
        ax.plot(tau, middle, color=colour, lw=1.2, label=label)
    ax.plot(tau, truths[name].density(tau) * tau, color="black", ls="--", lw=1.2, label="truth")
    ax.axvspan(*free[name].window, color="#e9f2e4", zorder=-1, lw=0)
    ax.set(xscale="log", xlabel="relaxation time τ (s)", title=name, xlim=(tau[0], tau[-1]), ylim=(0, 0.5))
axes[0].set_ylabel("τ f(τ), share per e-fold of τ")
axes[0].legend(frameon=False, loc="upper right", fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# **Conclude.** A family that cannot have two humps answers with one box over both and a narrow band: the
# band is the uncertainty *within* the family. The ranking and the verdict (`scatter`, `trend`) say that the
# family is wrong, the band does not. Where the family is right, it is the better choice: it predicts at
# least as well, with fewer parameters and a sharper answer, and it says something beyond the window.
#
# With **your data**: `tls.fit(table, relaxation="free_form")`, then `result.peaks`, `result.ends` and the
# report, which draws this band. From spectra at several temperatures `free_barriers` and `free_couplings`
# ask for one density of barriers or couplings.
