"""Pictures of meshes, drawn in software."""
