"""The one way to what a URI names: allowed folders, allowed prefixes, allowed hosts; no more.

Requests and manifests come from anywhere. Nothing is read that the operator did not allow; the
router, the services and batch runs ask the same :class:`~gencheck.media.fetch.fetcher.Fetcher`.
"""
