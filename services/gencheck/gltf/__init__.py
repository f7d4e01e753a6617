"""Conformance to glTF 2.0: the bytes of a GLB or glTF in, issues by the Khronos codes out."""
