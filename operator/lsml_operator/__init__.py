"""The LSML operator: brings TrainingJobs to their end on a cluster whose machines come and go."""
