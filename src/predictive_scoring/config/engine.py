"""Which engine reads a history and computes its features and scores."""

from typing import Literal

from pydantic import Field

from predictive_scoring.config.base import Block


class Engine(Block):
    """One machine by default; Spark where a history outgrows it. The results are the same."""

    name: Literal["duckdb", "spark"] = Field(
        default="duckdb",
        description="duckdb: this machine. spark: activities are read, and features and scores computed, by Spark's "
        "workers; it needs Java 17 and the extra `spark`.",
    )
    master: str = Field(
        default="local[2]",
        min_length=1,
        description="Spark only: where its workers are. On a cluster they must see the project's folder under the same "
        "path and have this package installed; each takes up to extract.memory_limit_gb while activities are read.",
    )
    driver_memory_gb: float = Field(default=2.0, ge=0.5, description="Spark only: memory of its driver, in GB.")

    def lines(self) -> list[str]:
        """Say who computed, where it was not this machine alone."""
        return [] if self.name == "duckdb" else [f"computed by Spark at {self.master}"]
