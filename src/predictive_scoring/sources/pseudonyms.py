"""Personal data turned into texts that can be compared and nothing else, and never leave the scratch of a run."""

import hashlib
import os
import secrets
from typing import Final

from predictive_scoring.engine.duck import Engine, literal

VARIABLE: Final = "PREDICTIVE_SCORING_KEY"


def define_pseudonym(engine: Engine) -> None:
    """Define `pseudonym(text)` in a session: SHA-256 of the text under the project's key.

    Without a key in the environment each run draws its own, so equal texts are equal within the run and tell nothing
    afterwards. The key itself is not in the session, only its digest.
    """
    key = os.environ.get(VARIABLE) or secrets.token_hex(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    engine.execute(f"create macro pseudonym(text) as sha256({literal(digest)} || text)")
