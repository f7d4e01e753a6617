"""One interface to models: in this process, or on Triton."""
