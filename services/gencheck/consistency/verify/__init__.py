"""One small judge for each way to tell whether a claim holds."""
