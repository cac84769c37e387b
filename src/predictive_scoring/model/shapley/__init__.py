"""Exact Shapley values of boosted trees, for millions of rows: pattern tables made once, look-ups for each row."""
