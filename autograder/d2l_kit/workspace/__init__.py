"""A student's folder: where answers lie, what is remembered of them, how they are packed and watched."""
