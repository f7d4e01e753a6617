"""Is it broken? Technical artifacts in pictures, video and sound."""
