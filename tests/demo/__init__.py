"""`make demo`: from nothing to a trained model on a cluster, by the same means that a user has: helm and kubectl.

Standard library only: it runs before anything is installed.
"""
