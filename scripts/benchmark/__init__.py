"""What `python scripts/benchmark.py` measures with: a file for each part of the work."""
