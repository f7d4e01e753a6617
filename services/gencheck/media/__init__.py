"""Untrusted bytes in, plain arrays out: the one door for media."""
