"""The detectors of video."""
