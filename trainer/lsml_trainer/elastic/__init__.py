"""What makes training elastic; no algorithm knows more of it than `team`."""
