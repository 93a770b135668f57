"""Lichen side by side with pymrio and MARIO: ``python -m benchmarks.run``. The package never imports the peers."""
