"""The detectors of pictures."""
