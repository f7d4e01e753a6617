"""Is the set fair? Audits of sets of generated people."""
