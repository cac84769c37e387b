"""Job titles and mail addresses of made-up people."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from predictive_scoring.sources.simulator import codes, vocabulary

Ints = npt.NDArray[np.int64]


def job_titles(code: Ints, spanish: npt.NDArray[np.bool_], rng: np.random.Generator) -> pa.Array:
    """Return the titles of leads (a row of `codes` each) in English or Spanish; null where not filled in."""
    shape = (len(vocabulary.SENIORITIES), len(vocabulary.DEPARTMENTS), 2, vocabulary.N_TITLE_VARIANTS)
    titles = [
        vocabulary.job_title(seniority, department, bool(speaks_spanish), variant) or None
        for seniority, department, speaks_spanish, variant in np.ndindex(shape)
    ]
    variant = rng.integers(0, vocabulary.N_TITLE_VARIANTS, len(code))
    at = np.ravel_multi_index(
        (code[:, codes.SENIORITY], code[:, codes.DEPARTMENT], spanish.astype(np.int64), variant), shape
    )
    return pa.array(titles).take(pa.array(at))


def mail_addresses(ids: Ints, kinds: Ints, accounts: Ints, rng: np.random.Generator) -> pa.Array:
    """Return an address for each lead, null where not filled in; business domains are reserved ones."""
    free = rng.integers(0, len(vocabulary.FREE_MAIL_DOMAINS), len(ids))
    addresses: list[str | None] = []
    for number, kind, account, at in zip(ids.tolist(), kinds.tolist(), accounts.tolist(), free.tolist(), strict=True):
        match vocabulary.EMAIL_KINDS[kind]:
            case "business":
                addresses.append(f"lead{number:06d}@company{account + 1:05d}.example")
            case "free":
                addresses.append(f"lead{number:06d}@{vocabulary.FREE_MAIL_DOMAINS[at]}")
            case "disposable":
                addresses.append(f"lead{number:06d}@{vocabulary.DISPOSABLE_DOMAINS[0]}")
            case _:
                addresses.append(None)
    return pa.array(addresses, pa.string())
