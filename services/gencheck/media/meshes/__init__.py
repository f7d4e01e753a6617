"""Readers of meshes other than glTF, one module a format."""
