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
# # Your own component: a distribution of relaxation times, a channel of loss
#
# Two things are easily added without touching the library: a family of $f(\tau)$ for Eq. 15, and a channel
# for the loss budget of a resonator. Each is one small class, found by its name in fits, priors, model
# files and reports.
#
# Part 1 adds the distribution of Fuoss and Kirkwood (J. Am. Chem. Soc. 63, 385, 1941), checks it and fits
# with it. Part 2 adds a loss peak of thermally activated defects. About a minute, most of it compiling.

# %%
import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import tlsjax as tls
from tlsjax.model.channels import Channel, Parameter
from tlsjax.model.channels.base import constantly
from tlsjax.physics.relaxation.base import parameter
from tlsjax.quantity import Quantity

plt.rcParams.update({"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"

# %% [markdown]
# ## 1. A family of f(τ)
#
# Fuoss and Kirkwood describe a broad loss peak by $\operatorname{Im}H=\tfrac
# b2\operatorname{sech}(b\ln\omega\tau_0)$, $0<b\le1$. The distribution behind it is, with
# $s=\ln\tau/\tau_0$,
#
# $$\tau f(\tau)=\frac b\pi\,\frac{\cos(b\pi/2)\cosh bs}{\cos^2(b\pi/2)+\sinh^2bs}.$$
#
# A family declares its parameters, with what a prior needs to know (`anchor="middle"`: in units of the
# middle of the relaxation times that the data reach), and writes four things: `density`, `response`
# $H(\omega)$, `mean`, and, because here it is known exactly, the `kernel` $K=\operatorname{Im}H/\omega$
# that fits of loss and noise use.


# %%
class FuossKirkwood(tls.Relaxation):
    """Im H = (b/2) sech(b ln ωτ₀): a symmetric peak, τf ∝ τ^{±b} far from τ₀."""

    tau: jax.Array = parameter(
        "tau", "τ₀", "relaxation time of the peak", unit="s", anchor="middle", spread=30.0
    )
    b: jax.Array = parameter("b", "b", "exponent of both flanks", support="fraction", centre=0.6, spread=1.5)

    def density(self, tau):
        """f(τ) in 1/s."""
        s = self.b * (jnp.log(tau) - jnp.log(self.tau))
        cosine = jnp.cos(0.5 * jnp.pi * self.b)
        return self.b / jnp.pi * cosine * jnp.cosh(s) / (cosine**2 + jnp.sinh(s) ** 2) / tau

    def kernel(self, omega):
        """K(ω) in s."""
        x = self.b * (jnp.log(omega) + jnp.log(self.tau))
        return 0.5 * self.b / jnp.cosh(x) / omega

    def response(self, omega):
        """H(ω): its real part by the trapezoid rule over ln τ, which converges geometrically here."""
        s = jnp.linspace(-60.0, 60.0, 2401)
        tau = self.tau * jnp.exp(s)
        weight = self.density(tau) * tau * (s[1] - s[0])
        real = jnp.sum(weight / (1.0 + (jnp.asarray(omega)[..., None] * tau) ** 2), -1)
        return real + 1j * self.kernel(omega) * omega

    @property
    def mean(self):
        """The tail ∝ τ^{−b} of τf makes it infinite."""
        return jnp.where(self.b < 1.0, jnp.inf, self.tau)


# %% [markdown]
# ## 2. Check it against its definition
#
# Three checks that catch most mistakes: $\int f\,d\tau=1$; $K$ against $\int
# f\,\tau/(1+\omega^2\tau^2)\,d\tau$ by quadrature of your own `density`; and the gradient, which fits need,
# against finite differences.

# %%
u = np.linspace(-300, 300, 120_001)  # ln τ/τ₀, far enough for the flattest flank
omega = np.logspace(3, 13, 101)
rows = []
for b in (0.2, 0.5, 0.8):
    family = FuossKirkwood(tau=1e-8, b=b)
    tau = 1e-8 * np.exp(u)
    weight = np.asarray(family.density(tau)) * tau * (u[1] - u[0])
    norm = weight.sum()
    quadrature = np.array([np.sum(weight * tau / (1 + (w * tau) ** 2)) for w in omega])
    worst = np.max(np.abs(np.asarray(family.kernel(omega)) / quadrature - 1))
    rows.append((b, f"{abs(norm - 1):.0e}", f"{worst:.0e}"))
pd.DataFrame(rows, columns=["b", "error of the norm", "largest relative error of K"])


# %%
def log_kernel(values, omega):
    return jnp.log(FuossKirkwood(tau=jnp.exp(values[0]), b=values[1]).kernel(omega))


values, step = jnp.asarray([np.log(1e-8), 0.6]), 1e-5
rows = []
for w in (1e6, 1e8, 1e10):
    exact = jax.grad(log_kernel)(values, w)
    for place, name in enumerate(("ln τ₀", "b")):
        shift = jnp.zeros(2).at[place].set(step)
        difference = (log_kernel(values + shift, w) - log_kernel(values - shift, w)) / (2 * step)
        rows.append((f"{w:.0e}", name, float(exact[place]), float(difference)))
pd.DataFrame(rows, columns=["ω (rad/s)", "by", "∂ ln K, jax.grad", "by differences"])

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.5))
tau = np.logspace(-12, -4, 300)
for b, colour, line in ((0.3, BLUE, "-"), (0.6, ORANGE, "--"), (0.9, GREEN, "-.")):
    family = FuossKirkwood(tau=1e-8, b=b)
    axes[0].plot(tau, family.density(tau) * tau, color=colour, ls=line, label=f"b = {b}")
    axes[1].plot(omega, family.kernel(omega) * omega, color=colour, ls=line)
axes[0].set(xscale="log", xlabel="relaxation time τ (s)", ylabel="τ f(τ)")
axes[1].set(xscale="log", xlabel="angular frequency ω (rad/s)", ylabel="Im H = ω K(ω)")
axes[0].legend(frameon=False)
figure.tight_layout()
plt.show()

# %% [markdown]
# **See.** Errors at the level of rounding, equal gradients, and a peak that sharpens to a single relaxation
# time as $b\to1$. (In the library's own tests a new family is found by itself and held to the same checks.)

# %% [markdown]
# ## 3. Fit with it
#
# Defining the class made it known as `fuoss_kirkwood`. Data from a known truth, with 3 % of noise:

# %%
truth = FuossKirkwood(tau=2e-9, b=0.55)
frequency = np.geomspace(1e6, 1e10, 24)
sigma = np.asarray(
    tls.conductivity(2 * np.pi * frequency, nu=1e38, lambda_f=5e-10, omega_star=1e12, relaxation=truth)
)
columns = {
    "frequency": frequency,
    "bias_current": np.full(len(frequency), 1e-6),
    "conductivity": sigma * (1 + 0.03 * np.random.default_rng(0).standard_normal(len(frequency))),
    "conductivity_err": 0.03 * sigma,
}
table = tls.Spectrum(columns, source="simulated")

fits = {name: tls.fit(table, relaxation=name, method="laplace") for name in ("fuoss_kirkwood", "log_normal")}
for name, result in fits.items():
    print(f"{name}: trusted {result.verdict.ok}", *result.verdict.reasons)
own = fits["fuoss_kirkwood"]
for name in ("tau", "b"):
    low, middle, high = np.quantile(own.draws[name], (0.025, 0.5, 0.975))
    print(f"{name}: {middle:.3g} ({low:.3g}–{high:.3g}), truth {float(getattr(truth, name)):.3g}")

# %% [markdown]
# `method="laplace"` is quick and says in the verdict whether it will do; the default sampler works the same
# way. Which family predicts better is asked as of any other:

# %%
ranking = tls.compare(fits)
pd.DataFrame(
    [
        (one.name, round(one.difference, 1), round(one.standard_error, 1), one.clearly_worse)
        for one in ranking.ranked
    ],
    columns=["f(τ)", "difference", "standard error", "clearly worse"],
)

# %%
tau = jnp.asarray(np.geomspace(1e-12, 1e-6, 200))
figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.7))
axes[0].errorbar(
    frequency, frequency * columns["conductivity"], frequency * columns["conductivity_err"],
    fmt="o", ms=4, color="black", label="data",
)  # fmt: skip
for (name, result), colour in zip(fits.items(), (BLUE, ORANGE), strict=True):
    band = result.predict("conductivity", table, draws=500)["conductivity"]
    low, high = frequency * band.quantile([0.025, 0.975], "draw").to_numpy()
    axes[0].fill_between(frequency, low, high, color=colour, alpha=0.4, lw=0)
    each = jax.vmap(lambda one: one.density(tau) * tau)(result.relaxations)
    low, middle, high = np.quantile(each, (0.025, 0.5, 0.975), axis=0)
    axes[1].fill_between(tau, low, high, color=colour, alpha=0.3, lw=0)
    axes[1].plot(tau, middle, color=colour, lw=1.2, label=name)
axes[1].plot(tau, truth.density(tau) * tau, color="black", ls="--", lw=1.2, label="truth")
axes[1].axvspan(*own.window, color="#e9f2e4", zorder=-1, lw=0)
axes[0].set(xscale="log", yscale="log", xlabel="frequency (Hz)", ylabel="frequency × conductivity (S Hz)")
axes[1].set(xscale="log", xlabel="relaxation time τ (s)", ylabel="τ f(τ)", ylim=(0, None))
axes[0].legend(frameon=False)
axes[1].legend(frameon=False, fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# **Conclude.** The class takes part in everything: default priors from its metadata, sampling, verdict,
# prediction, comparison, report. The two families differ most in their flanks; whether the data can tell
# them apart, the ranking says.

# %% [markdown]
# ## 4. A channel of the loss budget
#
# Defects that hop over a barrier $V$ lose energy as a Debye peak,
# $1/Q=a\,\frac{2\omega\tau}{1+\omega^2\tau^2}$ with $\tau=\tau_a e^{V/T}$ ($V$ in kelvin). A channel
# declares parameters, each a `Quantity` with a prior, and writes the loss. `at` holds angular frequency and
# temperature of all points, `reach` what the data span. The loss may depend on the photon number, which is
# handed over last; this one does not (`constantly`).


# %%
HEIGHT = Parameter(
    Quantity("peak_loss", "a", "1", "largest loss of the activated defects"),
    lambda reach: tls.prior.LogNormal(reach.loss / 10, 10.0),
    own=True,  # each resonator of a fit has its own
)
BARRIER = Parameter(
    Quantity("barrier", "V", "K", "barrier over which the defects hop"),
    lambda reach: tls.prior.LogNormal(10 * reach.temperature, 3.0),
)
ATTEMPT = Parameter(
    Quantity("attempt_time", "τ_a", "s", "time of an attempt"),
    lambda reach: tls.prior.LogNormal(1e-13, 3.0),
)


class Activated(Channel):
    """1/Q = 2aωτ/(1 + ω²τ²), τ = τ_a e^{V/T}."""

    name = "activated"
    title = "activated defects"

    def parameters(self):
        """a, V and τ_a."""
        return HEIGHT, BARRIER, ATTEMPT

    def loss(self, values, at):
        """See the class."""
        x = jnp.log(at.omega * values["attempt_time"]) + values["barrier"] / at.temperature
        return constantly(values["peak_loss"] / jnp.cosh(x))


# %% [markdown]
# Resonant TLS and a constant beside it, on a simulated sweep of a resonator over temperature at three
# photon numbers. With two only, the critical photon number and the exponent of saturation would be one
# number, and the verdict would refuse the fit.

# %%
kelvin, photons = (x.ravel() for x in np.meshgrid(np.geomspace(0.05, 6, 25), [10.0, 1e3, 1e5]))
hertz = np.full(len(kelvin), 6e9)
tanh = np.tanh(6.62607015e-34 * hertz / (2 * 1.380649e-23 * kelvin))
x = np.log(2 * np.pi * hertz * 1e-13) + 15.0 / kelvin
clean = 2e-5 * tanh / np.sqrt(1 + photons / 1e3) + 3e-6 / np.cosh(x) + 4e-7
columns = {"frequency": hertz, "temperature": kelvin, "photon_number": photons}
columns["loss"] = clean * (1 + 0.02 * np.random.default_rng(1).standard_normal(len(kelvin)))
columns["loss_err"] = 0.02 * clean
sweep = tls.Spectrum(columns, source="sweep")

budget = tls.LossBudget(
    channels=("resonant", "activated", "constant"), saturation="A", critical_number="constant"
)
result = tls.fit(sweep, budget=budget, method="laplace")
print("trusted:", result.verdict.ok, *result.verdict.reasons)
known = {
    "loss_tangent": 2e-5,
    "peak_loss": 3e-6,
    "barrier": 15.0,
    "attempt_time": 1e-13,
    "constant_loss": 4e-7,
}
rows = []
for name, value in known.items():
    low, middle, high = np.quantile(result.draws[name], (0.025, 0.5, 0.975))
    rows.append((name, f"{value:.3g}", f"{middle:.3g}", f"{low:.3g} – {high:.3g}", result.identified[name]))
pd.DataFrame(rows, columns=["parameter (SI; barrier in K)", "truth", "median", "95 %", "data determine it"])

# %%
fine = np.geomspace(0.05, 6, 80)
middle = {name: np.median(result.draws[name]) for name in known}
figure, axes = plt.subplots(figsize=(5.8, 3.8))
for number, colour, marker in ((10.0, BLUE, "o"), (1e3, GREEN, "^"), (1e5, ORANGE, "s")):
    band = result.predict("loss", frequency=6e9, temperature=fine, photon_number=number, draws=300)["loss"]
    low, centre, high = band.quantile([0.025, 0.5, 0.975], "draw").to_numpy()
    axes.fill_between(fine, low, high, color=colour, alpha=0.35, lw=0)
    axes.plot(fine, centre, color=colour, lw=1)
    here = photons == number
    axes.plot(kelvin[here], columns["loss"][here], marker, ms=4, color=colour, label=f"{number:,.0f} photons")
x = np.log(2 * np.pi * 6e9 * middle["attempt_time"]) + middle["barrier"] / fine
axes.plot(
    fine, middle["peak_loss"] / np.cosh(x), color="black", ls="--", lw=1.2, label="activated defects, fitted"
)
axes.set(xscale="log", yscale="log", xlabel="temperature (K)", ylabel="loss 1/Q$_i$", ylim=(2e-7, 4e-5))
axes.set_xticks([0.05, 0.1, 0.2, 0.5, 1, 2, 5], ["0.05", "0.1", "0.2", "0.5", "1", "2", "5"])
axes.set_xticks([], minor=True)
axes.legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# **See.** A peak over temperature where power has hardly an effect. Its place gives one combination of
# barrier and attempt time, $\ln\omega\tau_a+V/T$, and its width the other; the table says which of them the
# data determine. A peak half hidden would leave more to the prior of `attempt_time`, and resonators at
# other frequencies in the same fit would help.
#
# **To contribute** a component: a family goes into `tlsjax/physics/relaxation/`, a channel into
# `tlsjax/model/channels/`; `CONTRIBUTING.md` says how they are tested.
