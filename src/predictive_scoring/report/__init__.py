"""From a folder of scores to one HTML page for the people who call."""
