"""How amounts of money are rounded before they are shown."""

from typing import Final

import numpy as np

SHEET_FORMAT: Final = "[>=100]#,##0;#,##0.00"  # of a spreadsheet's cell: a guess has no cents


def rounded(amount: float) -> tuple[float, int]:
    """Return an amount of money to three significant digits and how many decimals to write: a guess has no cents.

    Examples
    --------
    >>> [rounded(amount) for amount in (12345.6, 98.76, 1.234, 0.0)]
    [(12300.0, 0), (98.8, 1), (1.23, 2), (0.0, 0)]
    """
    if not amount > 0:
        return amount, 0
    digits = 2 - int(np.floor(np.log10(amount)))
    return round(amount, digits), max(0, min(2, digits))
