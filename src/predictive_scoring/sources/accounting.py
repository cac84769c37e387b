"""Where every row went: read = kept + collapsed + left out + quarantined."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from predictive_scoring.contract.history import RowAccount, TableName
from predictive_scoring.contract.rules import LeftOut
from predictive_scoring.engine.duck import Engine
from predictive_scoring.errors import DataContractError
from predictive_scoring.sources.staging import Staged

N_EXAMPLES = 3
EXPORT_LIMITS = (2_000, 5_000, 10_000, 50_000, 65_535, 100_000, 500_000, 1_000_000, 1_048_575)


def account_of(
    engine: Engine, name: TableName, parts: list[Staged], n_collapsed: int, n_laid: int | None = None
) -> RowAccount:
    """Return where the rows of one table went; each number is counted on its own, so that they can be compared.

    A row that names several leads counts for each of them.

    Parameters
    ----------
    n_laid
        How many rows were laid on shelves; None of a table that was typed as a whole.
    """
    files = [rows for staged in parts for rows in staged.files]
    n_ragged, n_footers = sum(len(rows.ragged) for rows in files), sum(rows.n_footers for rows in files)
    footers = {LeftOut.FOOTER.value: n_footers} if n_footers else {}
    here = f"\"table\" = '{name}'"
    left_out = f"select _left_out, n from left_out where {here}"
    if n_laid is None:
        n_given = sum(engine.scalar(f"select count(*) from {staged.rows}") for staged in parts)
        left_out += f" union all select _left_out, 1 from typed_{name} where _left_out is not null"
    else:
        n_given = n_laid
    return RowAccount(
        read=n_given + n_ragged + n_footers,
        kept=engine.scalar(f"select count(*) from kept_{name}"),
        collapsed=n_collapsed,
        left_out=_by(engine, left_out) | footers,
        quarantined=_by(engine, f"select _rule, 1 from quarantine where {here}"),
    )


def notes_on_limits(staged: Mapping[TableName, Sequence[Staged]]) -> Iterator[str]:
    """Yield a note for each file or query with exactly as many rows as some product exports at most."""
    for name, parts in staged.items():
        for part in parts:
            for rows in part.files:
                n_rows = rows.n_rows + len(rows.ragged)
                if n_rows in EXPORT_LIMITS:
                    yield (
                        f"{name}: {rows.file.name} has exactly {n_rows:,} rows, where some products cut an export: "
                        "see that it is whole"
                    )


def _by(engine: Engine, query: str) -> dict[str, int]:
    counts = engine.sql(
        f"select why, cast(sum(n) as bigint) as n from ({query}) as counted(why, n) "
        "group by why having sum(n) > 0 order by why"
    )
    return dict(zip(counts["why"].to_pylist(), counts["n"].to_pylist(), strict=True))


def refuse_too_many(rows: dict[TableName, RowAccount], quarantine: pa.Table, max_share: float) -> None:
    """Raise DataContractError if more than `max_share` of the rows of any table were quarantined."""
    bad = [name for name, account in rows.items() if sum(account.quarantined.values()) > max_share * account.read]
    if bad:
        raise DataContractError(
            "too many rows break the contract:\n"
            + "\n".join(f"  - {_complaint(name, rows[name], quarantine)}" for name in bad),
            expected=f"at most {max_share:.1%} of the rows of a table (extract.max_quarantine_share)",
            fix="correct the mapping, formats or time zone in the source file, or the export itself",
        )


def _complaint(name: TableName, account: RowAccount, quarantine: pa.Table) -> str:
    share = sum(account.quarantined.values()) / account.read
    parts = []
    for rule, n in account.quarantined.items():
        is_here = pc.and_(pc.equal(quarantine["table"], name), pc.equal(quarantine["rule"], rule))
        first = quarantine.filter(is_here).slice(0, N_EXAMPLES)
        places = [
            f"{file}:{line}" for file, line in zip(first["file"].to_pylist(), first["line"].to_pylist(), strict=True)
        ]
        parts.append(f"{n:,} {rule} ({', '.join(places)}{', …' if n > N_EXAMPLES else ''})")
    return f"{name}: {share:.1%} of {account.read:,} rows: {'; '.join(parts)}"
