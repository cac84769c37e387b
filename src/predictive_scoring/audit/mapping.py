"""Words of the source file that no row has, as findings."""

import itertools
from collections.abc import Iterator
from typing import Final

from predictive_scoring.audit.finding import Finding
from predictive_scoring.contract.history import History

N_SHOWN: Final = 5


def mapping_findings(history: History) -> Iterator[Finding]:
    """Yield a finding for each list of kinds, stages or selected values of which no row has some.

    The lists of a preset name each thing in several languages, so most of their words are in no export: a finding for
    each of them would hide the others.
    """
    for (table, key), absent in itertools.groupby(history.facts.never_seen, lambda each: (each.table, each.key)):
        words = sorted({each.word for each in absent})
        more = f" and {len(words) - N_SHOWN} more" if len(words) > N_SHOWN else ""
        yield Finding(
            id=f"map.{key.split('.')[0]}_never_occur", severity="warn", n=len(words), table=table,
            what=f"{table}: `{key}` of the source file names {', '.join(map(repr, words[:N_SHOWN]))}{more}, which no "
            "row has",
            fix="correct the spelling (case counts), or take out what you do not need; the same word in another "
            "language does no harm",
        )  # fmt: skip
