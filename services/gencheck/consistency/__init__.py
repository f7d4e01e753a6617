"""Is it what was asked for? Claims of a prompt, judged against the picture."""
