"""What every block of params.yaml shares: frozen, and no key it does not know."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A frozen block of configuration that refuses unknown keys, NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)
