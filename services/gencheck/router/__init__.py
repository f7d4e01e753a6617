"""One answer to all questions: plan, fan-out, verdict."""
