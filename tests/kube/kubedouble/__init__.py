"""A cluster of one process for tests: an API server's double, a Job controller, a kubelet.

``kmock`` brings HTTP, routing and Kubernetes' errors. Its own emulator keeps no uids, resource
versions, selectors, pages or preconditions, so the store is ours.
"""
