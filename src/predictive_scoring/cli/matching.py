"""What `agreement match` does and says."""

from collections.abc import Iterator
from pathlib import Path

from predictive_scoring.cli.handing_off import Files, opened
from predictive_scoring.errors import ConfigurationError
from predictive_scoring.handoff.match_table import match_table, write_match


def match_lines(files: Files, out: Path) -> Iterator[str]:
    """Write how each open lead stands to the agreement, and yield how many there are.

    Raises
    ------
    ConfigurationError
        If the file's ending is unknown.
    """
    if out.suffix not in {".parquet", ".csv"}:
        raise ConfigurationError(f"--out: unknown format {out.suffix!r}", expected="FILE.parquet or FILE.csv")
    with opened(files) as found:
        table = match_table(found)
    write_match(table, out)
    yield f"{table.num_rows:,} open leads as of {found.as_of:%Y-%m-%d %H:%M} UTC"
    yield str(out)
