"""A variational autoencoder, with the noise of the reparameterisation given."""

import numpy as np
import torch
from torch import nn, optim
from torch.nn import functional as F

rng = np.random.RandomState(11)


def noise(shape):
    return torch.from_numpy(rng.standard_normal(tuple(shape)).astype(np.float32))


class VAE(nn.Module):
    def __init__(self):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(36, 16)
        self.fc21 = nn.Linear(16, 3)
        self.fc22 = nn.Linear(16, 3)
        self.fc3 = nn.Linear(3, 16)
        self.fc4 = nn.Linear(16, 36)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = noise(std.shape)
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 36))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 36), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD, KLD


model = VAE()
for p in model.parameters():
    p.data = 0.15 * noise(p.shape)
optimizer = optim.Adam(model.parameters(), lr=1e-2)
images = torch.from_numpy((rng.rand(128, 1, 6, 6) < 0.5).astype(np.float32))
images[:64, :, :3] = 0.0
images[64:, :, 3:] = 1.0
for epoch in range(1, 6):
    model.train()
    train_loss = 0
    for data in images.split(32):
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(data)
        loss, kld = loss_function(recon_batch, data, mu, logvar)
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
    print("====> Epoch: {} Average loss: {:.4f}".format(epoch, train_loss / len(images)))
    print(
        "kld {:.3f} grad norm {:.3f}".format(
            kld.item(), torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item()
        )
    )
model.eval()
with torch.no_grad():
    sample = model.decode(torch.tensor([[0.0, 0.0, 0.0], [1.0, -1.0, 0.5]]))
    print(sample.view(2, 6, 6).mean(dim=(1, 2)), sample[0, :6])
    mu, logvar = model.encode(images[[0, 127]].view(-1, 36))
    print(mu.shape, (0.5 * logvar).exp().mean().item() < 1.5)
