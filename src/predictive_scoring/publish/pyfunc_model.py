"""The registered model's code: MLflow runs this file, which opens the bundle that lies beside it.

No object is pickled: what MLflow stores is this text and the bundle's own files.
"""

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from predictive_scoring.publish.bundle import Bundle


class LeadScorer(PythonModel):
    """Chances for rows of features, with the same arithmetic as the scoring job."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open and verify the bundle."""
        self.bundle = Bundle.load(context.artifacts["bundle"])

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, object] | None = None
    ) -> pd.DataFrame:
        """Return probability and grade for each row of the catalogue's columns."""
        found = self.bundle.explain(model_input)
        return pd.DataFrame({"probability": found.probability, "grade": self.bundle.grade(found.probability)})


set_model(LeadScorer())
