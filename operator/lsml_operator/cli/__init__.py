"""The commands of `lsml` that speak to a cluster. Light to import: each imports what it needs when it runs.

Must not import kopf, nor anything that decides; nothing imports these.
"""
