"""Public checks of ch13/roofline."""

import pytest
from d2l_kit.checks import assert_close, assert_equal, assert_raises


def test_each_matrix_moves_once(submission):
    """Without tiles: two operations for each product, and the three matrices' bytes once each."""
    # 2 * 10*20*30 operations; 4 bytes for each of 300 + 600 + 200 elements.
    assert_equal(submission.matmul_traffic(10, 20, 30, 4), (12_000, 4_400), what="(operations, bytes)")


@pytest.mark.weight(2)
@pytest.mark.needs("each_matrix_moves_once")
def test_a_tile_has_matrices_read_again(submission):
    """A is read once for each column of blocks, B once for each row of blocks, C is written once."""
    # 20 columns in blocks of 5: A four times. 12 rows in blocks of 6: B twice.
    found = submission.matmul_traffic(12, 20, 30, 2, (6, 5))
    assert_equal(found, (14_400, 2 * (4 * 360 + 2 * 600 + 240)), what="(operations, bytes)")


@pytest.mark.needs("a_tile_has_matrices_read_again")
def test_a_block_cut_off_is_a_block(submission):
    """Where the tile does not divide the matrix, the blocks at the border count too."""
    # 20 columns in blocks of 8: 3 of them. 10 rows in blocks of 4: 3; in blocks of 7: 2.
    assert_equal(submission.matmul_traffic(10, 20, 30, 1, (4, 8)), (12_000, 3 * 300 + 3 * 600 + 200))
    assert_equal(submission.matmul_traffic(10, 20, 30, 1, (7, 20)), (12_000, 300 + 2 * 600 + 200))


@pytest.mark.needs("a_block_cut_off_is_a_block")
def test_larger_tiles_move_fewer_bytes(submission):
    """One tile as large as the matrix moves what no tiles move; smaller ones move more."""
    whole = submission.matmul_traffic(64, 48, 80, 2)
    assert_equal(submission.matmul_traffic(64, 48, 80, 2, (64, 48)), whole, what="(operations, bytes) of one tile")
    assert_equal(submission.matmul_traffic(64, 48, 80, 2, (99, 50)), whole, what="(operations, bytes) of one tile")
    moved = [submission.matmul_traffic(64, 48, 80, 2, (size, size))[1] for size in (1, 4, 16, 64)]
    assert moved == sorted(set(moved), reverse=True), "a larger square tile should move fewer bytes"


@pytest.mark.weight(2)
def test_limited_by_memory(submission):
    """Few operations per byte: memory sets the pace, and the processor waits."""
    expected = {"intensity": 2.5, "attainable": 50.0, "time": 10.0}
    found = submission.roofline(500.0, 200.0, 80.0, 20.0)
    assert_close({key: found[key] for key in expected}, expected)
    assert_equal(found["bound"], "memory", what="bound")


@pytest.mark.weight(2)
def test_limited_by_arithmetic(submission):
    """Many operations per byte: the processor sets the pace, and its peak is the roof."""
    expected = {"intensity": 8.0, "attainable": 40.0, "time": 20.0}
    found = submission.roofline(800.0, 100.0, 40.0, 10.0)
    assert_close({key: found[key] for key in expected}, expected)
    assert_equal(found["bound"], "compute", what="bound")


@pytest.mark.needs("limited_by_memory", "limited_by_arithmetic")
def test_at_the_ridge(submission):
    """Where both roofs are equally high, the bound is "compute"; also with more bytes than operations."""
    expected = {"intensity": 0.5, "attainable": 8.0, "time": 4.0}
    found = submission.roofline(32.0, 64.0, 8.0, 16.0)
    assert_close({key: found[key] for key in expected}, expected)
    assert_equal(found["bound"], "compute", what="bound")


@pytest.mark.weight(2)
@pytest.mark.needs("a_block_cut_off_is_a_block")
def test_the_best_tile_fits(submission):
    """Of the tiles that fit, block sums included, the one that moves the fewest bytes."""
    # 64 x 64 takes 2*(64 + 64)*32 + 4*64*64 = 24,576 bytes: exactly what there is.
    assert_equal(submission.best_tile(512, 512, 128, 2, 24_576, [16, 32, 64, 128]), (64, 64), what="tile")
    # The block's sums take 4 bytes each, also where an element takes 1: 64 x 64 would take 20,480 bytes.
    assert_equal(submission.best_tile(300, 512, 256, 1, 16_000, [16, 32, 64]), (64, 32), what="tile")
    # With elements of 4 bytes 64 x 64 takes 32*4*(64 + 64) + 4*64*64 = 32,768 bytes.
    assert_equal(submission.best_tile(300, 512, 256, 4, 30_000, [16, 32, 64]), (64, 32), what="tile")


@pytest.mark.needs("the_best_tile_fits")
def test_the_best_tile_is_not_the_largest(submission):
    """What counts are bytes moved: a matrix of few rows wants wide blocks."""
    assert_equal(submission.best_tile(16, 512, 256, 2, 24_000, [64, 16, 32, 128]), (16, 128), what="tile")


@pytest.mark.needs("the_best_tile_fits")
def test_equal_tiles(submission):
    """Of tiles that move equally many bytes: the most rows, and then the most columns."""
    # 40 x 40 is one block whatever the tile. 64 x 48 would take 19,456 bytes.
    assert_equal(submission.best_tile(40, 40, 64, 2, 17_000, [48, 40, 64]), (64, 40), what="tile")
    assert_equal(submission.best_tile(40, 40, 64, 2, 19_456, [40, 64, 48]), (64, 48), what="tile")


def test_every_piece_costs_the_latency(submission):
    """The bytes travel once, and each piece waits for the latency."""
    assert_close(submission.transfer_time(6_000.0, 0.25, 2_000.0), 3.25, what="time in one piece")
    assert_close(submission.transfer_time(6_000.0, 0.25, 2_000.0, 10), 5.5, what="time in ten pieces")


@pytest.mark.needs("a_block_cut_off_is_a_block", "at_the_ridge", "the_best_tile_fits", "every_piece_costs_the_latency")
def test_refuses_what_is_not_positive(submission):
    """Sizes, rates and tiles of 0 or less are ValueErrors, and so is a fast memory that no tile fits into."""
    assert_raises(ValueError, submission.matmul_traffic, 8, 0, 8, 2)
    assert_raises(ValueError, submission.matmul_traffic, 8, 8, 8, 2, (4, -3), mentions=("-3",))
    assert_raises(ValueError, submission.roofline, 100.0, 50.0, 10.0, 0.0)
    assert_raises(ValueError, submission.best_tile, 64, 64, 64, 2, 1_234, [16, 32], mentions=("1234",))
    assert_raises(ValueError, submission.transfer_time, 100.0, 0.5, 10.0, 0)
    assert_raises(ValueError, submission.transfer_time, 100.0, -0.5, 10.0)
