"""Figures of the curve tables; nothing is computed here."""

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_BLUE, _GREY, _ORANGE = "#1f5fa8", "#8a8f98", "#c8641a"


def draw_figures(curves: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Return figures by file name: reliability.png, gain.png, scores.png.

    Parameters
    ----------
    curves : mapping
        From 'reliability', 'gain' and 'scores' to the tables of `predictive_scoring.evaluate.curves`.
    """
    drawn = {"reliability.png": _reliability, "gain.png": _gain, "scores.png": _scores}
    return {name: draw(curves[name.removesuffix(".png")]) for name, draw in drawn.items()}


def _axes(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    # a figure of its own, not pyplot's: nothing global, no display needed
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(6, 4.5), layout="constrained")
        axes = figure.add_subplot()
    axes.set(title=title, xlabel=across, ylabel=up)
    return figure, axes


def _reliability(table: pd.DataFrame) -> Figure:
    figure, axes = _axes("What was said and what happened", "mean probability of the bin", "share that converted")
    top = float(max(table["predicted"].max(), table["observed"].max())) * 1.05 or 1.0
    axes.plot([0, top], [0, top], color=_GREY, linestyle="--", linewidth=1, label="as said")
    for name, rows in table.groupby("model", sort=False):
        is_model = name == "model"
        axes.plot(
            rows["predicted"],
            rows["observed"],
            marker="o",
            markersize=4 if is_model else 2.5,
            color=_BLUE if is_model else None,
            linewidth=2 if is_model else 0.8,
            label=str(name),
        )
    axes.legend(frameon=False)
    return figure


def _gain(table: pd.DataFrame) -> Figure:
    figure, axes = _axes("What calling the best catches", "share of leads called", "share of conversions caught")
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="at random")
    for name, rows in table.groupby("model", sort=False):
        is_model = name == "model"
        axes.plot(
            rows["share_called"],
            rows["share_caught"],
            color=_BLUE if is_model else None,
            linewidth=2 if is_model else 0.8,
            label=str(name),
        )
    axes.legend(frameon=False)
    return figure


def _scores(table: pd.DataFrame) -> Figure:
    figure, axes = _axes("Where the probabilities lie", "probability (log-odds scale)", "snapshots")
    middle = (table["low"] + table["high"]) / 2
    width = table["high"] - table["low"]
    axes.bar(middle, table["others"], width=width, color=_GREY, label="did not convert")
    axes.bar(middle, table["converting"], width=width, bottom=table["others"], color=_ORANGE, label="converted")
    axes.set_xscale("logit")
    axes.set_yscale("log")
    axes.legend(frameon=False)
    return figure
