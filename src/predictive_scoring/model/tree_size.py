"""How large the trees may be: small ones that are held back, or larger ones where unseen leads say that they help."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from predictive_scoring.config.train import Train
from predictive_scoring.model.boosting import Rows

# LightGBM's own size, grown at our pace, held back a little and stopped by leads that they have not seen
LARGER: Final[dict[str, Any]] = {"num_leaves": 31, "min_leaf_rows": 20, "row_share": 1.0, "l2": 5.0}


@dataclass(frozen=True)
class Growth:
    """How many trees, and the settings that they grow by."""

    n_trees: int
    settings: Train


def sizes(rows: Rows, settings: Train) -> tuple[Train, ...]:
    """Return the settings that trees may be grown with, those of the user first.

    Larger ones are tried only where each row is a lead of its own. Snapshots of one lead are near copies of each
    other, which larger trees learn by heart: there they measured worse. Nor are they where a user chose a size as
    large, for then there is nothing to try.
    """
    every_row_is_a_lead = len(np.unique(rows.leads)) == len(rows.leads)
    if settings.larger_trees and every_row_is_a_lead and settings.num_leaves < LARGER["num_leaves"]:
        return settings, settings.model_copy(update=LARGER)
    return (settings,)
