"""Programs that others wrote for torch: `python -m minigrad.run program.py`.

In this process only, torch, torchvision and d2l are then names of minigrad, fashion, fashion.d2l.
`aliases` is the import hook, `survey` reads which names a program mentions, `__main__` runs it.
"""
