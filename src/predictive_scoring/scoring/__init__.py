"""A bundle and fresh history in, scores with reasons out."""
