"""Who is looked at when, what became of them, and how that is divided by time."""
