"""Predictions for the rows of files: in parts, by any number of processes or workers, to the same bytes."""
