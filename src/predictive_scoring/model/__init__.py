"""ConversionModel: boosting averaged with a logistic regression, calibrated; its scorer, and the baselines."""
