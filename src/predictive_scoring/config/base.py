"""What every block of params.yaml shares: frozen, and no key it does not know."""

from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict


class Block(BaseModel):
    """A frozen block of configuration that refuses unknown keys, NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


def _without_repeats(values: tuple[Any, ...]) -> tuple[Any, ...]:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"given twice: {repeated}")
    return values


Distinct = AfterValidator(_without_repeats)
"""Of a list in which each value may stand once."""
