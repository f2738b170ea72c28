"""Must shadow nothing, too."""

raise RuntimeError("LEAK: the submission's torch.py was imported")
