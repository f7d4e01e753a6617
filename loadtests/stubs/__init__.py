"""Made-up services: the RPCs of the four checks with a service time, size and verdict to choose.

They measure what carries the checks (router, host, harness), never the checks.
"""
