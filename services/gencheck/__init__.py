"""gencheck checks generated images, video, sound and 3D assets before anyone sees them."""

__version__ = "0.1.0"
