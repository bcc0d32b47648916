"""The words of the library: names, signatures, promotion and refusals, as torch has them.

A file for each family.  No derivative stands here: what an operation computes and how it passes a
gradient on is on the formula sheet, autograd/derivatives.py.
"""
