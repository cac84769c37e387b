"""What marketing and sales mean by a lead, a qualified lead and a customer, as something that runs."""
