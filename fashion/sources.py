"""What Fashion-MNIST's files are called, where they come from, and what they must hold: constants.

The hashes are of the decompressed IDX, so that a recompressed copy, such as Debian's, is accepted
when its content is right and refused otherwise.
"""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """One file: its name, the shape it holds, and the SHA-256 of its IDX content.

    `gzip_size`, in bytes, and `gzip_sha256` are of upstream's gzip file.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str
    gzip_size: int
    gzip_sha256: str = ""


TRAIN_IMAGES = Source(
    "train-images-idx3-ubyte.gz",
    (60000, 28, 28),
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    26421880,
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
)
TRAIN_LABELS = Source(
    "train-labels-idx1-ubyte.gz",
    (60000,),
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    29515,
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
)
TEST_IMAGES = Source(
    "t10k-images-idx3-ubyte.gz",
    (10000, 28, 28),
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    4422102,
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
)
TEST_LABELS = Source(
    "t10k-labels-idx1-ubyte.gz",
    (10000,),
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    5148,
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
)
TRAIN = (TRAIN_IMAGES, TRAIN_LABELS)
TEST = (TEST_IMAGES, TEST_LABELS)
FILES = TRAIN + TEST

# The last has never had TLS: it is asked when all others fail, and trusted for its content alone.
MIRRORS = (
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)

# The MD5 of the gzip files of the sets of MNIST's kind, as torchvision publishes them; hashes of
# their contents are not published, nor any of EMNIST's single files.
GZIP_MD5 = {
    "MNIST": {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
    "KMNIST": {
        "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
    },
}

# MNIST's digits bear the same file names and shapes, and caches have served them as Fashion-MNIST.
MNIST_GZIP_MD5 = frozenset(GZIP_MD5["MNIST"].values())

# Times of writing in the gzip headers of upstream's files and of Debian's package, in Unix seconds.
UPSTREAM_TIMES = (1504176606, 1504176627)
DEBIAN_TIME = 1591347949
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist"

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

# The embedded sample, as scripts/make_sample.py writes it.
SAMPLE_TRAIN = (
    Source(
        "train-images-idx3-ubyte.gz",
        (2000, 28, 28),
        "a724cd72799a6b1c3a81c4263865a75a73bb6473673b3394e34adf222930f19e",
        866978,
    ),
    Source(
        "train-labels-idx1-ubyte.gz",
        (2000,),
        "4738fd437c0f8d6498ae7f6f5c86f1cc3c878d4116ff169fc5635bd6847899cc",
        1033,
    ),
)
SAMPLE_TEST = (
    Source(
        "t10k-images-idx3-ubyte.gz",
        (1000, 28, 28),
        "7cee33c3c6414b1b86c25e665a6c4f41584269de3b7cc9768b1d351922845eef",
        436247,
    ),
    Source(
        "t10k-labels-idx1-ubyte.gz",
        (1000,),
        "3128d790775889812b73c4f13923559c8b9e281d112c6ea7862acf60a206a909",
        519,
    ),
)
