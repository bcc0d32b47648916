"""A generative adversarial network on a line of points: two networks, two optimisers, detach."""

import numpy as np
import torch
import torch.nn as nn

rng = np.random.RandomState(4)


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        m.weight.data = torch.from_numpy(rng.normal(0, 0.3, tuple(m.weight.shape)).astype("f4"))
        if m.bias is not None:
            nn.init.constant_(m.bias.data, 0)
    elif classname.find("BatchNorm") != -1:
        nn.init.constant_(m.weight.data, 1)
        nn.init.constant_(m.bias.data, 0)


netG = nn.Sequential(nn.Linear(4, 16, bias=False), nn.BatchNorm1d(16), nn.LeakyReLU(0.2, inplace=True),
                     nn.Linear(16, 2), nn.Tanh())  # fmt: skip
netD = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), nn.Sigmoid())
netG.apply(weights_init)
netD.apply(weights_init)
criterion = nn.BCELoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=0.01, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=0.01, betas=(0.5, 0.999))
real_label, fake_label, batch = 1.0, 0.0, 24
fixed_noise = torch.from_numpy(rng.standard_normal((5, 4)).astype("f4"))

for i in range(12):
    t = torch.from_numpy(rng.uniform(-0.5, 0.5, batch).astype("f4"))
    real = torch.stack([t, 0.8 * t], dim=1)
    netD.zero_grad()
    label = torch.full((batch,), real_label, dtype=torch.float)
    output = netD(real).view(-1)
    errD_real = criterion(output, label)
    errD_real.backward()
    D_x = output.mean().item()
    fake = netG(torch.from_numpy(rng.standard_normal((batch, 4)).astype("f4")))
    label.fill_(fake_label)
    output = netD(fake.detach()).view(-1)
    errD_fake = criterion(output, label)
    errD_fake.backward()
    D_G_z1 = output.mean().item()
    errD = errD_real + errD_fake
    optimizerD.step()

    netG.zero_grad()
    label.fill_(real_label)
    output = netD(fake).view(-1)
    errG = criterion(output, label)
    errG.backward()
    D_G_z2 = output.mean().item()
    optimizerG.step()
    if i % 3 == 2:
        print("[%d] Loss_D: %.4f Loss_G: %.4f D(x): %.4f D(G(z)): %.4f / %.4f"
              % (i, errD.item(), errG.item(), D_x, D_G_z1, D_G_z2))  # fmt: skip
netG.eval()
with torch.no_grad():
    print(netG(fixed_noise))
print(netG[1].running_mean[:4], netG[1].num_batches_tracked)
soft = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([2.0]))
print(soft(torch.tensor([0.3, -1.0]), torch.tensor([1.0, 0.0])))
