"""Peers that compose the same four stubs, on the same machine in one run (make bench-peers)."""
