"""The gradebook: what is stored of a class, what follows from it, and how it leaves the house."""
