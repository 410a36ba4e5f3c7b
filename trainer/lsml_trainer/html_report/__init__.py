"""A training as one HTML file: self-contained, light and dark, readable without seeing the pictures."""
