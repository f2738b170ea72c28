"""Hidden checks of ch03/oo_trainer."""

import pytest
from d2l_course.ch03_linear.checks.test_oo_trainer import by_hand, rows, trained
from d2l_kit.checks import assert_close, assert_equal


@pytest.mark.weight(2)
@pytest.mark.needs("several_epochs")
def test_any_number_of_epochs_and_batches(submission, rng):
    """Other numbers of epochs and batches, also a single batch, with momentum."""
    for sizes, validation, epochs in [((5,), (3,), 1), ((2, 1, 4), (2, 3), rng.integers(5, 9))]:
        pieces = rows(*sizes, *validation)
        batches, held_out = pieces[: len(sizes)], pieces[len(sizes) :]
        X, y = rng.normal(sum((*sizes, *validation)), 4), rng.normal(sum((*sizes, *validation)), mean=2.0)
        history, w = by_hand(X, y, batches, held_out, epochs, 0.5)
        found = submission.run(trained, X, y, batches, held_out, epochs, 0.5, [0.0])
        assert_close(found["returned"][0], history, what="history that fit returns")
        assert_close(found["w"], w, what="weights after the last epoch")


@pytest.mark.needs("one_epoch")
def test_without_validation_data(submission, rng):
    """If there are no validation batches, only the training losses are kept."""
    X, y = rng.normal(6, 2), rng.normal(6, mean=2.0)
    batches = rows(3, 3)
    history, _ = by_hand(X, y, batches, [], 3, 0.0)
    found = submission.run(trained, X, y, batches, [], 3, 0.0, [0.0])
    assert_equal(found["returned"][0]["val_loss"], [], what="validation losses")
    assert_close(found["returned"][0]["train_loss"], history["train_loss"], what="training losses")


@pytest.mark.needs("several_epochs", "history_is_kept")
def test_a_second_fit_starts_anew(submission, rng):
    """Fitting a second model with the same Trainer starts a new history; the first one's stays as it was."""
    X, y = rng.normal(8, 2), rng.normal(8, mean=2.0)
    *batches, last = rows(3, 3, 2)
    first, _ = by_hand(X, y, batches, [last], 2, 0.9)
    second, w = by_hand(X, y, batches, [last], 2, 0.9, start=1.0)
    found = submission.run(trained, X, y, batches, [last], 2, 0.9, [0.0, 1.0])
    assert_close(found["returned"][1], second, what="history that the second fit returns")
    assert_close(found["history"], second, what="history after the second fit")
    assert_close(found["w"], w, what="weights of the second model")
    assert_close(found["returned"][0], first, what="history that the first fit returned, looked at after the second")
