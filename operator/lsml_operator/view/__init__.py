"""What people are shown of a job, as plain data: shared by the command line and the dashboard. Pure."""
