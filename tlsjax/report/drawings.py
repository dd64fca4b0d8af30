"""Every figure of a report, drawn once, for a page as for files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from tlsjax.analysis.designed import Design
from tlsjax.fitting.prior_predictive import PriorPredictive, of_fit
from tlsjax.fitting.result import Result
from tlsjax.report.budget_figure import BudgetDrawing, budget_figures
from tlsjax.report.chain_figure import chain_figures
from tlsjax.report.data_figure import data_figures
from tlsjax.report.design_figure import told_figure, widths_figure
from tlsjax.report.pair_figure import pair_figure
from tlsjax.report.prior_figure import prior_figure
from tlsjax.report.prior_predictive_figure import prior_predictive_drawing
from tlsjax.report.relaxation_figure import relaxation_figure
from tlsjax.report.spread_figure import spread_figure
from tlsjax.report.style import Drawing, look
from tlsjax.report.tells import Tells, find, tells


@dataclass(frozen=True)
class Drawings:
    """By section; None or empty for what a fit has not.

    Attributes:
        data: of each observation, four conditions at most in each figure.
        told: what the data tell.
        next: what to measure next, where it was asked.
        budget: of each measured loss.
        spread: density of barriers or couplings.
        relaxation: f(τ).
        expected: what the priors expected, which ``before`` draws.
        before: before any value was measured.
        priors: prior and posterior.
        pairs: correlations.
        chains: ranks and traces.
    """

    data: tuple[Drawing, ...]
    told: Tells | None
    next: tuple[Drawing, ...]
    budget: tuple[BudgetDrawing, ...]
    spread: Drawing | None
    relaxation: Drawing | None
    expected: PriorPredictive
    before: Drawing
    priors: Drawing
    pairs: Drawing | None
    chains: tuple[Drawing, ...]

    def __iter__(self) -> Iterator[Drawing]:
        """All of them, in the order of the page."""
        told = self.told
        yield from self.data
        if told is not None:
            yield from (told.information, told.profiles, *told.maps, *told.points)
        yield from self.next
        yield from (one.drawing for one in self.budget)
        single = (self.spread, self.relaxation, self.before, self.priors, self.pairs)
        yield from (one for one in single if one is not None)
        yield from self.chains


def draw(result: Result, design: Design | None = None) -> Drawings:
    """Draw the figures of a fit, and of what to measure next."""
    known = {quantity.name: quantity for quantity in result.quantities}
    with look(), ThreadPoolExecutor(1) as pool:
        beside = pool.submit(find, result) if result.is_informed else None
        expected = of_fit(result)
        drawings = Drawings(
            data=tuple(one for index in range(len(result.points)) for one in data_figures(result, index)),
            told=None,
            next=() if design is None else (told_figure(design, known), widths_figure(design, known)),
            budget=() if result.model.budget is None else budget_figures(result),
            spread=spread_figure(result),
            relaxation=None if result.model.family is None else relaxation_figure(result),
            expected=expected,
            before=prior_predictive_drawing(expected),
            priors=prior_figure(result),
            pairs=pair_figure(result),
            chains=chain_figures(result),
        )
        if beside is None:
            return drawings
        for one in drawings:
            one.svg  # noqa: B018 - while the rest is worked out beside
        return replace(drawings, told=tells(result, beside.result()))
