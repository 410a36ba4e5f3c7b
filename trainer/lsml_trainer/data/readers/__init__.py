"""Files as tables: one module a format. They know files and columns; nothing of labels, features or training."""
