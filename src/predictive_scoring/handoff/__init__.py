"""From scores to people who act on them: who is handed to sales, with what, and what sales made of it."""
