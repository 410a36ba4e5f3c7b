"""Fully connected networks by hand, in NumPy: the mathematics of a small one is less work than autograd's bookkeeping.

`tests/bench/mlp.py` compares the two. Imports no torch.
"""
