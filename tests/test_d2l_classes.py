"""The book's second edition, its networks and its texts: behaviour that programs rely on."""

from __future__ import annotations

import hashlib
import random
import zipfile

import matplotlib
import numpy as np
import pytest

import minigrad
from fashion import d2l
from fashion.d2l import hub
from fashion.download import DownloadError
from minigrad import nn

matplotlib.use("Agg")

NAMES = """add_to_class HyperParameters ProgressBoard Module DataModule Trainer Classifier nn_Module
SyntheticRegressionData LinearRegressionScratch LinearRegression SGD SoftmaxRegression FashionMNIST
cpu gpu num_gpus try_gpu try_all_gpus corr2d init_cnn LeNet Residual ResNeXtBlock resnet18
evaluate_accuracy_gpu train_ch6 TimeMachine Vocab tokenize count_corpus read_time_machine
load_corpus_time_machine seq_data_iter_random seq_data_iter_sequential SeqDataLoader
load_data_time_machine RNNScratch RNNLMScratch RNN GRU RNNLM check_len check_shape RNNModelScratch
RNNModel predict_ch8 grad_clipping train_epoch_ch8 train_ch8 DATA_HUB DATA_URL download extract
download_extract download_all show_list_len_pair_hist int64 sigmoid batch_matmul expand_dims
swapaxes repeat ones_like zeros_like read_data_nmt preprocess_nmt tokenize_nmt truncate_pad
build_array_nmt load_data_nmt Encoder Decoder EncoderDecoder Seq2SeqEncoder Seq2Seq init_seq2seq
sequence_mask MaskedSoftmaxCELoss train_seq2seq predict_seq2seq bleu MTFraEng""".split()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder for pictures and for ../data; nobody is asked for files."""
    monkeypatch.setattr(d2l.Animator, "folder", tmp_path)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("FASHION_DATA", "")
    yield tmp_path
    d2l.plt.close("all")


@pytest.mark.parametrize("name", NAMES)
def test_the_names_of_both_editions_are_there(name):
    assert hasattr(d2l, name) and name in d2l.__all__


# -- the parts of a training -----------------------------------------------------------------------
class Data(d2l.DataModule):
    def __init__(self, batch_size=10, val=True):
        super().__init__()
        self.save_hyperparameters()
        minigrad.manual_seed(0)
        self.X = minigrad.randn(60, 2)
        self.y = (self.X[:, 0] > 0).long()

    def get_dataloader(self, train):
        if not train and not self.val:
            return None
        return self.get_tensorloader(
            (self.X, self.y), train, slice(0, 40) if train else slice(40, 60)
        )


def test_fit_prints_each_epoch_and_leaves_a_picture(capsys, folder):
    model, trainer = d2l.SoftmaxRegression(num_outputs=2, lr=0.5), d2l.Trainer(max_epochs=3)
    trainer.fit(model, Data())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1", "epoch 2", "epoch 3", "curves"]
    assert all(label in lines[2] for label in ("train_loss 0.", "val_loss 0.", "val_acc "))
    assert "<svg" in (folder / lines[3].partition(": ")[2]).read_text()
    assert trainer.train_batch_idx == 12 and trainer.val_batch_idx == 6
    assert [len(points) for points in model.board.data.values()] == [6, 3, 3]
    assert model.board.data["train_loss"][-1][0] == pytest.approx(2.625)
    with minigrad.no_grad():
        assert (
            model.accuracy(model(trainer.train_dataloader.dataset.tensors[0]), Data().y[:40]) > 0.8
        )


def test_fit_is_silent_where_nothing_is_displayed_and_needs_no_validation(capsys):
    model = d2l.SoftmaxRegression(num_outputs=2, lr=0.5)
    model.board.display = False
    trainer = d2l.Trainer(max_epochs=1, num_gpus=2)
    trainer.fit(model, Data(val=False))
    assert capsys.readouterr().out == "" and trainer.num_val_batches == 0 and trainer.gpus == []


def test_gradients_are_clipped_together():
    model, trainer = nn.Linear(2, 1), d2l.Trainer(max_epochs=1)
    model.weight.grad, model.bias.grad = minigrad.tensor([[2.0, 1.0]]), minigrad.tensor([2.0])
    trainer.clip_gradients(1.5, model)
    assert model.weight.grad.tolist() == [[1.0, 0.5]] and model.bias.grad.tolist() == [1.0]
    trainer.clip_gradients(100, model)
    assert model.bias.grad.tolist() == [1.0]


def test_what_a_subclass_has_to_define_is_said():
    for attempt in (
        lambda: d2l.Module().loss(1, 2), lambda: d2l.DataModule().train_dataloader(),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError, match="has to define"):
            attempt()
    with pytest.raises(AssertionError, match="Neural network is not defined"):
        d2l.Module()(minigrad.ones(1))
    with pytest.raises(AssertionError, match="Trainer is not inited"):
        d2l.Module().plot("loss", 1.0, train=True)


def test_linear_regression_finds_the_books_weights():
    minigrad.manual_seed(1)
    data = d2l.SyntheticRegressionData(w=minigrad.tensor([2, -3.4]), b=4.2)
    for model in (d2l.LinearRegressionScratch(2, lr=0.03), d2l.LinearRegression(lr=0.03)):
        model.board.display = False
        d2l.Trainer(max_epochs=3).fit(model, data)
        w = model.w.detach() if hasattr(model, "w") else model.get_w_b()[0]
        np.testing.assert_allclose(w.numpy().ravel(), [2, -3.4], atol=0.3)


def test_the_board_takes_means_and_draws_both_axes(folder):
    board = d2l.ProgressBoard("x", "y", xlim=[0, 9], yscale="log", colors=["red"])
    for x in range(1, 5):
        board.draw(x, minigrad.tensor(float(x), requires_grad=True), "line", every_n=2)
    assert board.data == {"line": [(1.5, 1.5), (3.5, 3.5)]} and board.last() == "line 3.500"
    assert "<svg" in open(board.save(folder / "board.svg")).read()


def test_hyperparameters_of_a_module_are_attributes():
    class Net(d2l.Module):
        def __init__(self, width, lr=0.1, _hidden=3):
            super().__init__()
            self.save_hyperparameters(ignore=["width"])

    net = Net(4)
    assert net.hparams == {"lr": 0.1} and net.lr == 0.1 and not hasattr(net, "width")
    assert net.plot_train_per_epoch == 2


# -- networks --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "options", "shape"),
    [
        ((3,), {}, (3, 6, 6)), ((6,), {"use_1x1conv": True, "strides": 2}, (6, 3, 3)),
        ((6, True, 2), {}, (6, 3, 3)), ((3, 3), {}, (3, 6, 6)), ((3, 6, True, 2), {}, (6, 3, 3)),
        ((3, 6), {"use_1x1conv": True}, (6, 6, 6)),
        ((), {"input_channels": 3, "num_channels": 6, "use_1x1conv": True}, (6, 6, 6)),
    ],
)  # fmt: skip
def test_residual_takes_both_editions_arguments(arguments, options, shape):
    assert d2l.Residual(*arguments, **options)(minigrad.ones(2, 3, 6, 6)).shape == (2, *shape)


def test_layer_summary_prints_the_books_lines(capsys):
    d2l.LeNet().layer_summary((1, 1, 28, 28))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Conv2d output shape:\t torch.Size([1, 6, 28, 28])"
    assert lines[-1] == "Linear output shape:\t torch.Size([1, 10])"


def test_train_ch6_prints_where_what_and_how_fast(capsys):
    minigrad.manual_seed(0)
    y = minigrad.arange(40) % 4
    X = nn.functional.one_hot(y, 16).float().reshape(40, 1, 4, 4) * 3
    loader = d2l.load_array((X, y), 8, is_train=False)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 4))
    d2l.train_ch6(net, loader, loader, 3, 1.0, d2l.try_gpu())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "training on cpu" and lines[-1].endswith("examples/sec on cpu")
    assert lines[-2].startswith("loss 0.") and lines[-2].endswith("test acc 1.000")
    with pytest.raises(RuntimeError, match="CPU only"):
        d2l.train_ch6(net, loader, loader, 1, 1.0, d2l.gpu())


# -- text ------------------------------------------------------------------------------------------
def test_vocabularies_number_as_each_edition_does():
    tokens = [["b", "b", "a"], ["c", "a", "b"]]
    assert d2l.Vocab(tokens).idx_to_token == ["<unk>", "b", "a", "c"]
    assert d2l.Vocab(tokens, alphabetical=True).idx_to_token == ["<unk>", "a", "b", "c"]
    assert d2l.Vocab(tokens, min_freq=2, reserved_tokens=["<bos>"])[["c", "<bos>"]] == [0, 1]
    assert d2l.Vocab().to_tokens(minigrad.tensor([0])) == ["<unk>"] and len(d2l.Vocab()) == 1
    with pytest.raises(ValueError, match="'word' or 'char'"):
        d2l.tokenize([], "letter")


def write_text(folder, monkeypatch):
    """Let a text of our own be the book's, by its SHA-1."""
    text = "The Time Traveller\n\nTick, tock! 1895\n" * 15
    (folder / "data").mkdir()
    (folder / "data" / "timemachine.txt").write_text(text)
    digest = hashlib.sha1(text.encode()).hexdigest()
    monkeypatch.setitem(
        hub.DATA_HUB, "time_machine", ("https://example.org/timemachine.txt", digest)
    )


def test_the_text_comes_from_the_books_file_in_both_editions(folder, monkeypatch):
    write_text(folder, monkeypatch)
    assert d2l.read_time_machine()[:3] == ["the time traveller", "", "tick tock"]
    corpus, vocab = d2l.load_corpus_time_machine(max_tokens=9)
    assert "".join(vocab.to_tokens(corpus)) == "the time " and vocab.idx_to_token[0] == "<unk>"
    loader, _ = d2l.load_data_time_machine(2, 5, use_random_iter=True)
    X, Y = next(iter(loader))
    assert X.shape == (2, 5) and X[:, 1:].tolist() == Y[:, :-1].tolist()
    data = d2l.TimeMachine(batch_size=4, num_steps=6, num_train=100, num_val=20)
    X, Y = next(iter(data.train_dataloader()))
    assert X.shape == (4, 6) and X[:, 1:].tolist() == Y[:, :-1].tolist()
    assert len(data.val_dataloader()) == 5 and data.vocab.idx_to_token[:3] == [" ", "<unk>", "a"]


def test_pairs_come_from_the_books_archive(folder, monkeypatch, capsys):
    lines = ["Go.\tVa !", "I run.\tJe cours.", "He runs.\tIl court.", "I go.\tJe vais."] * 5
    (folder / "data").mkdir()
    path = folder / "data" / "fra-eng.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("fra-eng/fra.txt", "\n".join(lines))
    digest = hashlib.sha1(path.read_bytes()).hexdigest()
    monkeypatch.setitem(hub.DATA_HUB, "fra-eng", ("https://example.org/fra-eng.zip", digest))
    loader, src_vocab, tgt_vocab = d2l.load_data_nmt(4, 6, num_examples=11)
    X, X_len, Y, Y_len = next(iter(loader))
    assert X.shape == Y.shape == (4, 6) and X_len.tolist() == (X != 1).sum(1).tolist()
    assert len(loader.dataset) == 12 and src_vocab.to_tokens([1, 2, 3]) == [
        "<pad>",
        "<bos>",
        "<eos>",
    ]
    data = d2l.MTFraEng(batch_size=4, num_steps=5, num_train=12, num_val=8)
    assert [part.shape for part in data.arrays] == [(20, 5), (20, 5), (20,), (20, 5)]

    class Copy(d2l.Decoder):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(8, len(tgt_vocab))

        def init_state(self, outputs, *args):
            return outputs[1]

        def forward(self, X, state):
            steps = state[-1][:, None].repeat(1, X.shape[1], 1)
            return self.dense(steps), state

    minigrad.manual_seed(0)
    net = d2l.EncoderDecoder(d2l.Seq2SeqEncoder(len(src_vocab), 4, 8, 1), Copy())
    d2l.train_seq2seq(net, loader, 0.05, 10, tgt_vocab, d2l.try_gpu())
    out = capsys.readouterr().out
    assert "tokens/sec on cpu" in out and 0 < float(out.split("loss ")[-1].split(",")[0]) < 2
    words, attention = d2l.predict_seq2seq(net, "Go .", src_vocab, tgt_vocab, 3, "cpu")
    assert len(words.split()) <= 3 and attention == []


@pytest.mark.parametrize("concise", [False, True])
def test_train_ch8_writes_what_it_has_learned(folder, monkeypatch, capsys, concise):
    write_text(folder, monkeypatch)
    minigrad.manual_seed(0)
    random.seed(0)
    loader, vocab = d2l.load_data_time_machine(4, 10)

    def get_params(size, hiddens, device):
        shapes = (size, hiddens), (hiddens, hiddens), (hiddens,), (hiddens, size), (size,)
        return [(minigrad.randn(s, device=device) * 0.1).requires_grad_() for s in shapes]

    def forward(inputs, state, params):
        (H,), outputs = state, []
        for X in inputs:
            H = minigrad.tanh(X @ params[0] + H @ params[1] + params[2])
            outputs.append(H @ params[3] + params[4])
        return minigrad.cat(outputs), (H,)

    net = d2l.RNNModelScratch(
        len(vocab), 16, "cpu", get_params, lambda n, h, d: (minigrad.zeros(n, h),), forward
    )
    if concise:
        net = d2l.RNNModel(nn.LSTM(len(vocab), 16), len(vocab))
    d2l.train_ch8(net, loader, vocab, lr=1.0, num_epochs=10, device="cpu")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("time traveller") and len(lines[0]) == 64
    perplexity = float(lines[-3].split()[1].rstrip(","))
    assert lines[-3].endswith("tokens/sec on cpu") and 1 < perplexity < len(vocab) / 1.5


def test_a_state_of_several_parts_is_predicted_from():
    net = d2l.RNNModel(nn.LSTM(4, 5), 4)
    for p in net.parameters():
        nn.init.zeros_(p)
    net.linear.bias.data[2] = 1.0
    assert d2l.predict_ch8("ab", 3, net, d2l.Vocab([["a", "b", "c"]]), "cpu") == "abbbb"


# -- files -----------------------------------------------------------------------------------------
def test_without_network_a_sentence_says_where_to_put_the_file(folder):
    with pytest.raises(DownloadError, match="timemachine.txt is not in .*put it at") as caught:
        d2l.TimeMachine(4, 5)
    assert str(folder / "data" / "timemachine.txt") in str(caught.value)
    with pytest.raises(KeyError, match="not in DATA_HUB"):
        d2l.download("nothing")


def test_a_file_counts_by_its_content(folder):
    (folder / "data").mkdir()
    path = folder / "data" / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/b.txt", "hello")
    digest = hashlib.sha1(path.read_bytes()).hexdigest()
    assert d2l.download("https://example.org/a.zip", "../data", digest)
    with pytest.raises(DownloadError, match="nobody was asked"):
        d2l.download("https://example.org/a.zip", "../data", "0" * 40)
    d2l.extract(path)
    assert (folder / "data" / "a" / "b.txt").read_text() == "hello"
    with pytest.raises(ValueError, match="only .zip"):
        d2l.extract("a.rar")


@pytest.mark.full
def test_fashion_mnist_as_a_data_module(monkeypatch):
    monkeypatch.delenv("FASHION_DATA")
    data = d2l.FashionMNIST(batch_size=32, resize=(32, 32))
    X, y = next(iter(data.val_dataloader()))
    assert X.shape == (32, 1, 32, 32) and data.text_labels(y[:2]) == ["ankle boot", "pullover"]
    data.visualize([X, y])
