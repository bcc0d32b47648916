"""Training on Fashion-MNIST: models by name, a run that can be stopped, its pictures, its command.

`minigrad-train` and scripts/train_softmax.py are two programs of `cli`; the other scripts take
`command` and `models` from here.
"""
