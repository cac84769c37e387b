"""How good the scores are on leads that nothing was fitted to: ranking, probability, uncertainty, slices, drift."""
