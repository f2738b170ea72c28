"""Public checks of ch07/fix_cnn_training."""

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, assert_shape, probe
from torch import nn


@probe
def logits_of_rows(module, images, num_classes):
    """The logits of a batch, and those of each image alone."""
    net = module.build(num_classes)
    net.eval()
    return net(images), torch.cat([net(image[None]) for image in images])


@probe
def twice(module, images, training):
    """The logits of the same images, computed twice by one network."""
    net = module.build()
    net.train(training)
    return net(images), net(images)


@probe
def predictions_of_a_given_network(module, X):
    """A network that always names the brightest pixel of the diagonal, unless its dropout is on."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 8, bias=False), nn.Dropout(0.5))
    with torch.no_grad():
        net[1].weight.copy_(torch.eye(64)[::9])
    net.train()
    return module.predict(net, X)


@probe
def train_and_predict(module, X, y, X_test):
    return module.predict(module.train(X, y), X_test)


def test_to_images(submission, rng):
    """to_images gives one channel of 8x8 pixels between 0 and 1, rows staying rows."""
    X = rng.integers(0, 17, 5, 64).float()
    images = submission.to_images(X)
    assert_shape(images, (5, 1, 8, 8), what="the images")
    assert_close(images, torch.stack([row.reshape(1, 8, 8) for row in X]) / 16, what="the images")


@pytest.mark.weight(2)
def test_a_row_of_outputs_for_each_image(submission, rng):
    """The network gives each image its own row of outputs, whatever else is in the batch."""
    together, alone = submission.run(logits_of_rows, rng.uniform(6, 1, 8, 8), 4)
    assert_shape(together, (6, 4), what="the outputs for six images and four classes")
    assert_close(together, alone, what="the outputs (a batch, against its images one by one)", trivial=True)
    assert together.std(dim=0).max() > 1e-4, "six different images all get the same outputs"


@pytest.mark.needs("a_row_of_outputs_for_each_image")
def test_outputs_are_logits(submission, rng):
    """The network's outputs are logits, not probabilities: the loss applies the softmax itself."""
    together, _ = submission.run(logits_of_rows, rng.uniform(6, 1, 8, 8), 4)
    sums = together.sum(dim=1)
    assert (sums - 1).abs().max() > 1e-4, "every row of outputs sums to 1, as if it had been through a softmax"


@pytest.mark.needs("a_row_of_outputs_for_each_image")
def test_dropout_is_kept_for_training(submission, rng):
    """In training mode the network drops features at random; in evaluation mode it does not."""
    images = rng.uniform(8, 1, 8, 8)
    once, again = submission.run(twice, images, False)
    assert_shape(once, (8, 10), what="the outputs for eight images (ten classes unless said otherwise)")
    assert_close(again, once, what="the outputs in evaluation mode (second call against first)", trivial=True)
    once, again = submission.run(twice, images, True)
    assert (once - again).abs().max() > 1e-4, "in training mode two calls give the same outputs: where is the dropout?"
    assert not (once == 0).any(), "in training mode whole outputs are 0: dropout belongs in front of the dense layer"


@pytest.mark.weight(2)
def test_predict_switches_dropout_off(submission, rng):
    """predict names the largest logit of each row, and dropout is off while it does."""
    X = rng.uniform(200, 64, low=1.0, high=16.0)
    assert_equal(submission.run(predictions_of_a_given_network, X), X[:, ::9].argmax(dim=1), what="the predictions")


@pytest.mark.weight(4)
@pytest.mark.needs("to_images")
@pytest.mark.needs("a_row_of_outputs_for_each_image")
def test_learns_to_read_digits(submission, data):
    """After training, at least 90 % of the digits that the network has never seen are read correctly."""
    digits = data.digits()
    predicted = submission.run(train_and_predict, digits.train_images, digits.train_labels, digits.test_images)
    assert_accuracy(predicted, digits.test_labels, at_least=0.9)
