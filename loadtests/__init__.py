"""Load tests, peers to compare with, and the capacity model; see docs/loadtests.md."""
