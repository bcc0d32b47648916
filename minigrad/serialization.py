"""Saving and loading a state dict as an .npz file: plain arrays, never pickle."""
