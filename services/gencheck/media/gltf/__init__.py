"""Reads glTF 2.0 and GLB: geometry, surface, skins and animations."""
