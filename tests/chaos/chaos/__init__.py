"""A fleet that is hurt on purpose, and what its callers see.

`proxy` breaks connections, `liar` breaks promises, `fleet` runs and kills real processes, `load`
asks and judges; `faults`, `rolling`, `soak` and `clients` are the four things done with them.
Run them by ``python -m chaos`` (``make chaos``) and ``python -m chaos.soak`` (``make soak``).
"""
