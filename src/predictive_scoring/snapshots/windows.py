"""What the division of the snapshots by time came out as; stands beside the features as JSON."""

from datetime import datetime
from typing import Final, Literal

from predictive_scoring.config.base import Block

WindowName = Literal["train", "calibrate", "test"]
Mode = Literal["full", "short"]
Ordering = Literal["time", "rows", "none"]
NAMES: Final[dict[Mode, tuple[WindowName, ...]]] = {
    "full": ("train", "calibrate", "test"),
    "short": ("train", "test"),
}


class Window(Block):
    """One window: `start <= as_of < end`, or first to last row, or a range of hashed ids; and what it holds."""

    start: datetime | None = None
    end: datetime | None = None
    first_row: int | None = None
    last_row: int | None = None
    snapshots: int
    leads: int
    converting_leads: int
    base_rate: float | None  # share of snapshots that convert; None: no snapshots


class Windows(Block):
    """The division: how it was made, each window, and how many snapshots lie outside and why.

    In 'full' mode the model is fitted on train, calibrated on calibrate and judged on test. In 'short' mode there is
    too little for that: it is calibrated on what fits to folds of train's leads say of the others.
    """

    mode: Mode
    ordering: Ordering
    horizon_days: int | None  # None: a flat table, whose outcome carries no date
    windows: dict[WindowName, Window]
    outside: dict[str, int]  # gap, dropped, immature, decided
    why_short: str | None = None

    @property
    def train_until(self) -> datetime | None:
        """The instant that the training window ends before; None where there is no time."""
        return self.windows["train"].end

    @property
    def learned_until(self) -> datetime | None:
        """The end of the last window that the model was fitted or calibrated on; None where there is no time."""
        return self.windows["calibrate" if "calibrate" in self.windows else "train"].end

    def lines(self) -> list[str]:
        """Return the division in plain words, a line a window."""
        told = [f"{name}: {_span(window)}{_held(window)}" for name, window in self.windows.items()]
        if self.why_short:
            told.append(f"two windows only: {self.why_short}")
        if self.outside:
            told.append("in no window: " + ", ".join(f"{n:,} {why}" for why, n in self.outside.items()))
        return told


def _span(window: Window) -> str:
    if window.start and window.end:
        return f"{window.start:%Y-%m-%d} to {window.end:%Y-%m-%d}, "
    return f"rows {window.first_row:,} to {window.last_row:,}, " if window.first_row is not None else ""


def _held(window: Window) -> str:
    rate = "" if window.base_rate is None else f", {window.base_rate:.2%} of snapshots convert"
    return f"{window.snapshots:,} snapshots of {window.leads:,} leads, {window.converting_leads:,} converting{rate}"
