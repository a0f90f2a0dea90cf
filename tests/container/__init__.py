"""The image, and the system that Compose makes of it, in a real container engine."""
