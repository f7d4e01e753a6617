"""Is the geometry valid? Triangle meshes."""
