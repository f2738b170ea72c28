"""Chapter plugins of the course: what a student may read."""
