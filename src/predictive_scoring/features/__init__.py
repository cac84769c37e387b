"""What a model sees of a lead at an instant: declared once, computed one way for training and for scoring."""
