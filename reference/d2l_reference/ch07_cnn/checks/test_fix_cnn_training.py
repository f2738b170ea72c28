"""Hidden checks of ch07/fix_cnn_training."""

import pytest
import torch
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, probe
from torch import nn


@probe
def logits_with_set_weights(module, images, signs):
    """The number of convolutions, and the logits when the weights of each are equal and of the given sign."""
    net = module.build()
    net.eval()
    net(images)
    convolutions = sorted((m for m in net.modules() if isinstance(m, nn.Conv2d)), key=lambda m: m.in_channels)
    with torch.no_grad():
        for convolution, sign in zip(convolutions, signs, strict=False):
            convolution.weight.fill_(0.1 * sign)
            if convolution.bias is not None:
                convolution.bias.zero_()
        return len(convolutions), net(images)


@probe
def train_and_predict(module, X, y, X_test):
    """Predictions for the test set, once more, and for some of its rows alone."""
    net = module.train(X, y)
    net.train()
    predicted = module.predict(net, X_test)
    net.train()
    return predicted, module.predict(net, X_test), module.predict(net, X_test[5:17])


@probe
def logits_of_seeds(module, X, y, seeds):
    """The logits of networks trained for one short epoch, one network for each seed."""
    logits = []
    for seed in seeds:
        net = module.train(X, y, epochs=1, lr=0.1, batch_size=16, seed=seed)
        net.eval()
        logits.append(net(module.to_images(X)).detach())
    return logits


@probe
def passes_of_training(module, X, y, epochs, batch_size):
    """For each pass with gradients during training: how many images, and whether dropout was on."""
    build, passes = module.build, []

    def watched(*args, **kwargs):
        net = build(*args, **kwargs)
        dropouts = [m for m in net.modules() if isinstance(m, nn.modules.dropout._DropoutNd)]

        def note(_net, inputs):
            if torch.is_grad_enabled():
                passes.append((len(inputs[0]), all(dropout.training for dropout in dropouts)))

        net.register_forward_pre_hook(note)
        return net

    module.build = watched
    module.train(X, y, epochs=epochs, lr=0.1, batch_size=batch_size)
    return passes


@pytest.mark.needs("to_images")
def test_to_images_of_faint_rows(submission, rng):
    """A faint image stays faint: the scale is that of the data set, not of the rows at hand."""
    X = rng.uniform(1, 64, low=1.0, high=rng.integers(4, 13))
    assert_close(submission.to_images(X), X.reshape(1, 1, 8, 8) / 16, what="the image")


@pytest.mark.needs("a_row_of_outputs_for_each_image")
def test_both_blocks_keep_their_relu(submission, rng):
    """The design is kept: two blocks of convolution, ReLU and pooling."""
    images = rng.uniform(2, 1, 8, 8, low=0.2)
    answers = {signs: submission.run(logits_with_set_weights, images, signs) for signs in [(1, 1), (-1, -1), (1, -1)]}
    for convolutions, _ in answers.values():
        assert_equal(convolutions, 2, what="the number of convolutions")
    (first, second) = answers[1, 1][1]
    assert (first - second).abs().max() > 1e-4, "with positive weights two different images get the same outputs"
    # Positive pixels under negative weights: the ReLU behind that convolution lets nothing through.
    for signs, block in [((-1, -1), "first"), ((1, -1), "second")]:
        first, second = answers[signs][1]
        assert_close(first, second, what=f"the outputs when the {block} ReLU is 0 everywhere", trivial=True)


@pytest.mark.weight(4)
@pytest.mark.needs("learns_to_read_digits")
@pytest.mark.needs("predict_switches_dropout_off")
def test_learns_another_split(submission, rng, data):
    """Other images with other names for the digits are learnt too, and predictions repeat themselves."""
    digits = data.digits()
    X = torch.cat([digits.train_images, digits.test_images])
    y = rng.permutation(10)[torch.cat([digits.train_labels, digits.test_labels])]
    train, test = rng.permutation(len(X)).split([1400, len(X) - 1400])
    predicted, again, part = submission.run(train_and_predict, X[train], y[train], X[test])
    assert_accuracy(predicted, y[test], at_least=0.9)
    assert_equal(again, predicted, what="the second predictions for the same rows")
    assert_equal(part, predicted[5:17], what="the predictions for some of the rows")


@pytest.mark.observed
@pytest.mark.needs("to_images")
@pytest.mark.needs("dropout_is_kept_for_training")
def test_every_epoch_goes_over_all_images_with_dropout(submission, rng, data):
    """Training goes over all images as often as it is told, with dropout on."""
    digits = data.digits()
    n, epochs = 60, rng.integers(3, 6)
    passes = submission.run(passes_of_training, digits.train_images[:n], digits.train_labels[:n], epochs, 16)
    seen = sum(images for images, _ in passes)
    # Up to a batch more: a pass that lets lazy layers find their sizes is no epoch.
    assert epochs * n <= seen <= epochs * n + 16, f"in {epochs} epochs over {n} images, {seen} images were used"
    assert all(dropout for _, dropout in passes), "dropout was off while the network was trained"


@pytest.mark.needs("to_images")
@pytest.mark.needs("a_row_of_outputs_for_each_image")
def test_seed_decides(submission, rng, data):
    """The same seed trains the same network, another seed another one."""
    digits = data.digits()
    X, y = digits.train_images[:64], digits.train_labels[:64]
    seed = rng.integers(1, 1000)
    first, same, other = submission.run(logits_of_seeds, X, y, [seed, seed, seed + 1])
    assert_close(same, first, what="the logits after training with the same seed again", trivial=True)
    assert (other - first).abs().max() > 1e-4, "training with another seed gives the same logits"
