"""A saved model in the formats of others."""
