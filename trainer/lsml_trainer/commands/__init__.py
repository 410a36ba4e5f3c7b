"""The subcommands of `lsml` that this package brings. Light to import: the work is imported when it is asked for."""
