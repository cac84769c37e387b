"""Reasons: contributions that add up, folded into business concepts, told in English and Spanish."""
