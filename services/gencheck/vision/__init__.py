"""Typed roles that models play: faces, objects, text."""
