"""From a handful of files to a drafted source file, every guess with its reason."""
