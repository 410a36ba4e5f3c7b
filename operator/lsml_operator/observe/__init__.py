"""What is: reads of the cluster and of the workers, kept in a cache. Decides nothing, writes nothing."""
