# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What the data tell, and which points tell it
#
# A fit gives a number for every parameter, but some of these numbers are the prior's. Here we ask a fit
#
# 1. which parameters, or products of them, the data fix, and what they leave open;
# 2. where the measured quantity depends on which parameter;
# 3. which points tell what, and whether one stands out;
# 4. before anything is measured: what would data tell that are only planned?
# 5. what should be measured next?
#
# All steps take one to two minutes, most of it compiling.

# %%
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import matplotlib.pyplot as plt
import numpy as np

import tlsjax as tls

DATA = Path("data_examples") if Path("data_examples").is_dir() else Path("../data_examples")
plt.rcParams.update({"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8a8a8a"

# %% [markdown]
# ## 1. What is fixed, what is open
#
# Conductivity of a film at three bias currents. One value is spoilt on purpose, as by a slip of the pen.

# %%
clean = tls.read(DATA / "conductivity.csv")
SPOILT = 40
values = clean.columns["conductivity"].copy()
values[SPOILT] *= 1.25
table = tls.Spectrum(
    {**clean.columns, "conductivity": values}, clean.constants, "spoilt.csv", lines=clean.lines
)
result = tls.fit(table, method="laplace")
for reason in result.verdict.reasons:
    print("•", reason)

# %%
symbols = {q.name: q.symbol for q in result.quantities}


def words(powers):
    return " · ".join(f"{symbols[name]}^{power:.3g}" for name, power in powers.items())


found = tls.directions(result.information)
for product in found.fixed:
    print(f"fixed: {words(product.powers):14} to {product.after:.2g} e-folds, {product.before:.2g} before")
for way in found.open:
    print(f"open:  {words(way.powers)}")

# %% [markdown]
# `fixed` are products that the data narrow; `open` are changes that they do not see: all named parameters
# move together, each as $s$ to its power. A spectrum sees $\nu$ and $\lambda_F$ only as $\nu\lambda_F^2$, and
# $\eta$ and $\omega^*$ only as $\eta\omega^{*2}$; the program does not know this, it finds it in the
# derivatives of the prediction.
#
# A profile says the same of one parameter: hold it, let all others adapt.

# %%
profiles = tls.profiles(result, ("tau_min", "eta"))
figure, axes = plt.subplots(1, 2, figsize=(7, 2.8), sharey=True, layout="constrained")
for panel, name, label in zip(axes, ("tau_min", "eta"), ("$τ_1$ (s)", "$η$"), strict=True):
    one = profiles.sel(parameter=name)
    panel.plot(one["value"], one["posterior"], color=BLUE, label="data and prior")
    panel.plot(one["value"], one["data"], "--", color=ORANGE, label="data alone")
    panel.axhline(3.84, color=GREY, linewidth=0.8)
    panel.set(xscale="log", ylim=(0, 9), xlabel=label)
axes[0].set_ylabel("−2 Δ ln p")
axes[0].legend(frameon=False)
plt.show()

# %% [markdown]
# The data tell $\tau_1$: both curves are one. Of $\eta$ they say nothing: their curve is flat, and the
# other is the prior's. Grey: the limit of 95 %.

# %% [markdown]
# ## 2. Where the conductivity depends on what

# %%
frequency, bias = np.geomspace(1e8, 2e10, 60), np.linspace(1e-6, 4e-6, 30)
slopes = tls.elasticities(
    result,
    "conductivity",
    frequency=frequency,
    bias_current=bias[:, None],
    parameters=("omega_star", "tau_min"),
    draws=20,
)["elasticity"].mean("draw")
figure, axes = plt.subplots(1, 2, figsize=(7.4, 2.8), sharey=True, layout="constrained")
for panel, name, label in zip(axes, ("omega_star", "tau_min"), ("$ω^*$", "$τ_1$"), strict=True):
    shown = slopes.sel(parameter=name)
    largest = float(abs(shown).max())
    image = panel.pcolormesh(frequency / 1e9, bias / 1e-6, shown, cmap="PuOr", vmin=-largest, vmax=largest)
    panel.set(xscale="log", xlabel="frequency (GHz)", title=f"∂ ln σ / ∂ ln {label}")
    figure.colorbar(image, ax=panel)
axes[0].set_ylabel("bias current (µA)")
plt.show()

# %% [markdown]
# At low frequency and high bias $\sigma\propto\omega^{*2}$ (elasticity 2); at high frequency and low bias
# the crossover $\omega_c$ comes within reach and $\omega^*$ matters less: there, and only there, the data can
# tell $\omega_c$ from $\nu$. $\tau_1$ is felt where $\omega\tau_1$ nears 1.

# %% [markdown]
# ## 3. Which points tell what, and which stand out

# %%
points = tls.influence(result)
figure, axes = plt.subplots(1, 2, figsize=(7.4, 2.8), layout="constrained")
for panel, name, label in zip(axes, ("tau_min", "omega_c"), ("$τ_1$", "$ω_c$"), strict=True):
    for current, colour, marker in zip((1e-6, 2e-6, 4e-6), (BLUE, ORANGE, "#009E73"), "os^", strict=True):
        here = np.isclose(points["bias_current"], current)
        panel.plot(
            points["frequency"][here] / 1e9, 100 * points["share"].sel(quantity=name)[here], marker,
            color=colour, markersize=4, label=f"{current / 1e-6:.0f} µA",
        )  # fmt: skip
    panel.set(xscale="log", xlabel="frequency (GHz)", ylabel="share (%)", title=f"who tells {label}")
axes[0].legend(frameon=False)
plt.show()
for one in tls.outliers(points):
    print(
        f"{one.source}, line {one.line}: {one.deviation:+.1f} standard deviations from what all others expect"
    )
print(f"It was line {table.lines[SPOILT]} that we spoilt.")

# %% [markdown]
# A share is by how much the variance of the quantity falls with more weight of the point; all points and
# the priors make up 100 %. The spoilt point is found by leaving each point out in turn, with the draws
# reweighted, not fitted again. The method could be trusted, the fit as a whole not, as it said above: one
# point lies where none should.

# %%
kept = np.delete(np.arange(len(table)), SPOILT)
columns = {name: column[kept] for name, column in table.columns.items()}
mended = tls.fit(
    tls.Spectrum(columns, table.constants, "mended.csv", lines=table.lines[kept]), method="laplace"
)
print("Without that point the fit is trusted:", mended.verdict.ok)
moved = float(points["pull"].sel(quantity="omega_c")[SPOILT])
before, after = (np.log(one.draws["omega_c"]) for one in (mended, result))
print(f"The point moved ln ω_c by {moved:+.1f} of its standard deviations, as the weights say;")
print(f"the two fits say {(after.mean() - before.mean()) / after.std():+.1f}.")

# %% [markdown]
# ## 4. Before measuring
#
# `tls.planned` looks at the data that a model file's `[simulate]` describes, without simulating or fitting.
# Which bias currents tell $\omega_c$?

# %%
PLAN = """
relaxation = "log_uniform"
reference_current = "4 uA"
[truth]
nu = "1e38 1/(J m^2)"
lambda_f = "0.5 nm"
omega_star = "30 GHz"
eta = 1.5
tau_min = "2 ps"
tau_max = "5 ms"
[simulate]
measure = ["conductivity"]
frequency = { from = "0.1 GHz", to = "5 GHz", points = 24 }
bias_current = [BIAS]
temperature = ["50 mK"]
error = 0.03
"""
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "plan.toml"
    for currents in ('"4 uA"', '"1 uA"', '"0 uA", "4 uA"'):
        path.write_text(PLAN.replace("BIAS", currents))
        information = tls.planned(tls.ModelFile(path)).information
        fixed = [
            words(one.powers) + f" to {100 * one.after:.2g} %" for one in tls.directions(information).fixed
        ]
        print(f"{currents:16} fixes {'; '.join(fixed) or 'nothing'}")

# %% [markdown]
# At 4 µA alone the whole band lies below the crossover: one product of everything is all there is. A
# spectrum without bias beside it separates $\nu\lambda_F^2$ from $\eta\omega^{*2}$.

# %% [markdown]
# ## 5. What to measure next
#
# Twelve more points are affordable, at any frequency of the band and at one of the three currents. Which tell
# most of $\tau_1$, and how well would it be known then?

# %%
wanted = tls.Measurement(
    "conductivity",
    {
        "frequency": tls.Between(1e8, 2e10),
        "bias_current": (1e-6, 2e-6, 4e-6),
        "temperature": (0.05,),
    },
    error=0.03,
)
design = tls.design(mended, tls.Candidates((wanted,)), targets=("tau_min",), budget=12)
for point in design.points:
    where = f"{point.conditions['frequency'] / 1e9:.3g} GHz, {point.conditions['bias_current'] / 1e-6:.0f} µA"
    print(f"{point.times:2} × at {where}")
(target,) = design.targets
print(f"half the 68 % interval of ln τ₁: {target.now:.3f} now, {target.after:.3f} after these points,")
print(f"{target.evenly:.3f} after as many, spread evenly")

# %%
figure, axis = plt.subplots(figsize=(5, 2.8), layout="constrained")
for told, colour in zip(design.told, (BLUE, ORANGE, "#009E73"), strict=True):
    label = f"{told.others['bias_current'] / 1e-6:.0f} µA"
    axis.plot(np.array(told.values) / 1e9, told.information, color=colour, label=label)
axis.set(xscale="log", xlabel="frequency (GHz)", ylabel="one more point tells (nats)")
axis.legend(frameon=False)
plt.show()

# %% [markdown]
# Whether this holds can be tried: simulate what may come out, and fit it together with the old data.

# %%
(table,) = design.tables(mended)
expected = mended.predict("conductivity", table)["conductivity"].to_numpy()
draw = len(expected) // 2
new = {
    "conductivity": expected[draw] * (1 + 0.03 * np.random.default_rng(0).standard_normal(len(table))),
    "conductivity_err": 0.03 * expected[draw],
}
both = tls.fit(
    [*mended.spectra, tls.Spectrum({**table.columns, **new}, source="new.csv")],
    model=mended.model,
    method="laplace",
)
low, high = np.quantile(np.log(both.draws["tau_min"]), (0.16, 0.84))
print(f"done: {0.5 * (high - low):.3f}, said: {target.after:.3f} ({target.low:.3f} to {target.high:.3f})")
