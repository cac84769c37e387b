"""From a user's files to the canonical history."""
