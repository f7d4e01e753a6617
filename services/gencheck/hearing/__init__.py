"""Typed roles that models of sound play: how well speech is heard, and where it is."""
