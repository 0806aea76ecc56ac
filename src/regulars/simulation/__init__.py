"""Rules driven over history in memory. Nothing here writes."""
