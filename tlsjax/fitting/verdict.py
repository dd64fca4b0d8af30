"""Can this fit be trusted? Every check, its figure and what it means in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tlsjax.fitting.importance import Weighted
from tlsjax.fitting.independent import Independent
from tlsjax.fitting.inference_data import Convergence, bfmi
from tlsjax.fitting.sample import MAX_TREE_DEPTH, Samples
from tlsjax.fitting.tempering import Tempered

MAX_RHAT = 1.01
MIN_ESS = 400.0
MAX_DIVERGING = 0.002
MIN_BFMI = 0.3
MAX_SATURATED = 0.01
MIN_PREDICTIVE = 0.005
MAX_PARETO_K = 0.7
MIN_GAUSSIAN = 0.8
MAX_IDLE = 0.01
MAX_EVIDENCE = 1.0


@dataclass(frozen=True)
class Check:
    """One check of a fit.

    Attributes:
        name: what was looked at.
        figure: what was found, in words.
        ok: whether it may pass.
        reason: why the fit cannot be trusted, where it may not.
    """

    name: str
    figure: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """All checks of a fit; it is trusted only if every one is passed."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether the posterior can be trusted."""
        return all(check.ok for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it cannot, one line each; empty where it can."""
        return tuple(check.reason for check in self.checks if not check.ok)


def sampler_checks(samples: Samples, convergence: Mapping[str, Convergence]) -> tuple[Check, ...]:
    """R̂, bulk and tail ESS, divergences, energy and tree depth."""
    total = samples.diverging.size
    diverging = int(np.sum(samples.diverging))
    saturated = int(np.sum(samples.steps >= 2**MAX_TREE_DEPTH - 1))
    energy = float(np.min(bfmi(samples.energy)))
    return (
        *convergence_checks(convergence),
        Check(
            "divergences", f"{diverging} of {total}", bool(diverging <= MAX_DIVERGING * total),
            f"{diverging} of {total} trajectories diverged: part of the posterior was not explored; "
            "narrow the priors or choose another relaxation",
        ),
        Check(
            "energy (BFMI)", f"{energy:.2f} at least", bool(energy >= MIN_BFMI),
            f"the sampler explores the tails too slowly: BFMI {energy:.2f}, below {MIN_BFMI}",
        ),
        Check(
            "tree depth", f"{saturated} of {total} at the limit", bool(saturated <= MAX_SATURATED * total),
            f"{saturated} of {total} trajectories hit the longest length: the posterior is badly shaped",
        ),
    )  # fmt: skip


def convergence_checks(convergence: Mapping[str, Convergence]) -> tuple[Check, ...]:
    """R̂, bulk and tail ESS of the worst parameter."""
    moving = {name: c for name, c in convergence.items() if np.isfinite(c.rhat) or c.ess_bulk > 0}
    by_rhat = max(moving, key=lambda name: _or(moving[name].rhat, np.inf))
    by_bulk = min(moving, key=lambda name: _or(moving[name].ess_bulk, 0.0))
    by_tail = min(moving, key=lambda name: _or(moving[name].ess_tail, 0.0))
    rhat, bulk, tail = moving[by_rhat].rhat, moving[by_bulk].ess_bulk, moving[by_tail].ess_tail
    return (
        Check(
            "R̂", f"{rhat:.4f} at most ({by_rhat})", bool(rhat <= MAX_RHAT),
            f"the chains disagree: R̂ of {by_rhat} is {rhat:.3f}, above {MAX_RHAT}; "
            "run longer (--draws) or narrow its prior",
        ),
        Check(
            "bulk ESS", f"{bulk:.0f} at least ({by_bulk})", bool(bulk >= MIN_ESS),
            f"too few independent draws: bulk ESS of {by_bulk} is {bulk:.0f}, below {MIN_ESS:.0f}; "
            "run longer (--draws)",
        ),
        Check(
            "tail ESS", f"{tail:.0f} at least ({by_tail})", bool(tail >= MIN_ESS),
            f"too few independent draws in the tails: tail ESS of {by_tail} is {tail:.0f}, "
            f"below {MIN_ESS:.0f}; run longer (--draws)",
        ),
    )  # fmt: skip


def weight_checks(weighted: Weighted, convergence: Mapping[str, Convergence]) -> tuple[Check, ...]:
    """Pareto k̂ of the weights, and the checks of convergence over independent sets of draws."""
    k, effective = weighted.pareto_k, weighted.effective
    return (
        Check(
            "Pareto k̂", f"{k:.2f}", bool(k <= MAX_PARETO_K),
            f"a Gaussian does not cover the posterior: k̂ is {k:.2f}, above {MAX_PARETO_K}; use --method nuts",
        ),
        Check(
            "weights", f"worth {effective:.0f} draws", bool(effective >= MIN_ESS),
            f"the weights are worth {effective:.0f} draws, below {MIN_ESS:.0f}; "
            "run longer (--draws) or use --method nuts",
        ),
        _one_hump(weighted),
        *convergence_checks(convergence),
    )  # fmt: skip


def independent_checks(drawn: Independent, convergence: Mapping[str, Convergence]) -> tuple[Check, ...]:
    """Pareto k̂ of the proposals' weights, and the checks of convergence."""
    k = drawn.pareto_k
    return (
        Check(
            "Pareto k̂", f"{k:.2f}", bool(k <= MAX_PARETO_K),
            f"proposals do not cover the posterior: k̂ is {k:.2f}, above {MAX_PARETO_K}; use --method nuts",
        ),
        *convergence_checks(convergence),
    )  # fmt: skip


def gaussian_checks(weighted: Weighted, convergence: Mapping[str, Convergence]) -> tuple[Check, ...]:
    """Whether the Gaussian of the curvature is the posterior."""
    share = weighted.efficiency
    return (
        Check(
            "Gaussian", f"weights {100 * share:.0f} % efficient", bool(share >= MIN_GAUSSIAN),
            "the posterior is not the Gaussian of its optimum's curvature, from which the intervals are: "
            f"weights would be {100 * share:.0f} % efficient, below {100 * MIN_GAUSSIAN:.0f} %; "
            "use --method laplace or nuts",
        ),
        _one_hump(weighted),
        *convergence_checks(convergence),
    )  # fmt: skip


def _one_hump(weighted: Weighted) -> Check:
    return Check(
        "optima", f"{weighted.humps}", weighted.humps == 1,
        f"there is another optimum that the Gaussian does not cover ({weighted.humps} in all); "
        "use --method nuts or smc",
    )  # fmt: skip


def tempered_checks(sets: Sequence[Tempered], convergence: Mapping[str, Convergence]) -> tuple[Check, ...]:
    """Whether the particles moved at the end, and agree between independent sets, evidence included."""
    idle = max(float(one.idle) for one in sets)
    spread = float(np.ptp([float(one.log_evidence) for one in sets]))
    return (
        Check(
            "particles", f"{100 * idle:.1f} % did not move at the end", bool(idle <= MAX_IDLE),
            f"{100 * idle:.0f} % of the particles did not move at the end: the posterior is badly shaped",
        ),
        Check(
            "evidence", f"ln Z agrees within {spread:.2f}", bool(spread <= MAX_EVIDENCE),
            f"independent sets of particles disagree on the evidence by {spread:.1f} in ln Z: some humps "
            "were missed; more particles (--draws) are needed",
        ),
        *convergence_checks(convergence),
    )  # fmt: skip


def predictive_ok(p: Sequence[float]) -> bool:
    """Whether sizes and trends of all observations may pass; see :func:`predictive_checks`."""
    # with several observations one or other is small by chance
    return min(p) >= MIN_PREDICTIVE / max(len(p) // 2, 1)


def predictive_checks(
    labels: Sequence[str], size: Sequence[float], trend: Sequence[float], *, budget: bool = False
) -> tuple[Check, ...]:
    """Whether replicas of each observation look like the data; ``size`` and ``trend`` as in Replicas.

    ``budget``: the model has channels besides Eq. 15.
    """
    remedy = "another --budget, or take its intervals for too narrow" if budget else "another --relaxation"
    # With several observations one or other is small by chance.
    limit = MIN_PREDICTIVE / max(len(labels), 1)
    checks = []
    for label, p_size, p_trend in zip(labels, size, trend, strict=True):
        checks.append(
            Check(
                f"scatter of {label}", f"p = {p_size:.3f}", bool(limit <= p_size),
                f"{label} scatters more than the model allows (p = {p_size:.3g}): the stated uncertainty "
                "is too small, the model is wrong, or single points are off (tlsjax sensitivity names them; "
                "then --where 'line != N' or --likelihood student)",
            )
        )  # fmt: skip
        checks.append(
            Check(
                f"trend of {label}", f"p = {p_trend:.3f}", bool(limit <= p_trend),
                f"residuals of {label} run in trains (p = {p_trend:.3g}): the model's shape is wrong; "
                f"try {remedy}",
            )
        )  # fmt: skip
    return tuple(checks)


def _or(value: float, otherwise: float) -> float:
    return value if np.isfinite(value) else otherwise
