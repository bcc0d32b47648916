"""A convolutional autoencoder: strided convolutions down, transposed ones up."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.RandomState(8)


class Autoencoder(nn.Module):
    def __init__(self, channels=(4, 8)):
        super().__init__()
        first, second = channels
        self.encoder = nn.Sequential(
            nn.Conv2d(1, first, kernel_size=3, stride=2, padding=1), nn.ReLU(True),
            nn.Conv2d(first, second, kernel_size=3, stride=2, padding=1), nn.GELU(),
        )  # fmt: skip
        self.decoder = nn.ModuleList([
            nn.ConvTranspose2d(second, first, 3, stride=2, padding=1, output_padding=1),
            nn.ConvTranspose2d(first, 1, kernel_size=2, stride=2),
        ])  # fmt: skip
        self.register_buffer("steps", torch.zeros(1, dtype=torch.long))

    def forward(self, x):
        code = self.encoder(x)
        y = F.relu(self.decoder[0](code))
        self.steps += 1
        return torch.sigmoid(self.decoder[1](y)), code


net = Autoencoder()
total = sum(p.numel() for p in net.parameters() if p.requires_grad)
print(net.decoder, f"{total:,} parameters", [n for n, _ in net.named_buffers()])
for name, p in net.named_parameters():
    p.data = torch.as_tensor(rng.uniform(-0.3, 0.3, tuple(p.shape)), dtype=torch.float32)
grid = np.stack(np.meshgrid(np.arange(8), np.arange(8)))
images = torch.tensor(
    np.stack([np.sin(grid[0] * f + grid[1] / f) ** 2 for f in np.linspace(0.3, 2.0, 40)]),
    dtype=torch.float32,
).unsqueeze(1)
optimizer = torch.optim.AdamW(net.parameters(), lr=0.02, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
for epoch in range(10):
    losses = []
    for batch in torch.chunk(images, 4):
        recon, code = net(batch)
        loss = F.mse_loss(recon, batch) + 1e-3 * code.abs().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.5)
        optimizer.step()
        losses.append(loss.item())
    scheduler.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch}: loss {np.mean(losses):.5f} lr {scheduler.get_last_lr()[0]:.5f}")
recon, code = net(images[:2])
print(recon.shape, code.shape, net.steps, F.l1_loss(recon, images[:2]))
up = F.interpolate(code, scale_factor=2, mode="bilinear", align_corners=False)
print(up.shape, up.mean(), F.avg_pool2d(up, 2).sub(code).abs().max())
