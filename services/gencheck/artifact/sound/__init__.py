"""The detectors of sound."""
