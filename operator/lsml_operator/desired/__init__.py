"""What the job's objects look like: pure builders, spec -> plain dicts. No I/O."""
