"""Public checks of ch02/csv_preprocessor."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

HOUSES = """\
rooms,roof,age,price
1,tile,10,100
NA,slate,30,200
5,,,300
3,tile,20,400
"""


@probe
def fit_and_transform(module, target, train, tables):
    """The names, and what each table becomes."""
    table = module.CSVPreprocessor(target).fit(train)
    return list(table.names), [table.transform(text) for text in tables]


@probe
def fit(module, target, train):
    module.CSVPreprocessor(target).fit(train)


def test_numeric_columns(submission):
    """Numbers are scaled by the mean and the standard deviation of the training table."""
    text = "a,b,y\n1,-2,5\n3,4,6\n5,1,7\n"
    names, [(X, y)] = submission.run(fit_and_transform, "y", text, [text])
    assert_equal(names, ["a", "b"], what="names")
    # Mean 3 and std sqrt((4 + 0 + 4) / 3); mean 1 and std sqrt((9 + 9 + 0) / 3).
    a, b = math.sqrt(8 / 3), math.sqrt(6)
    assert_close(X, torch.tensor([[-2 / a, -3 / b], [0.0, 3 / b], [2 / a, 0.0]]), what="X")
    assert_close(y, torch.tensor([5.0, 6.0, 7.0]), what="y")


@pytest.mark.weight(2)
@pytest.mark.needs("numeric_columns")
def test_missing_numbers(submission):
    """A missing number becomes the mean, and the standard deviation is that of the filled column."""
    text = "a,y\n1,5\n,6\nNA,7\n5,8\n"
    _, [(X, _)] = submission.run(fit_and_transform, "y", text, [text])
    # Filled: 1, 3, 3, 5, so std is sqrt((4 + 0 + 0 + 4) / 4).
    assert_close(X, torch.tensor([[-2.0], [0.0], [0.0], [2.0]]) / math.sqrt(2), what="X")


@pytest.mark.needs("missing_numbers")
def test_uneven_and_constant_columns(submission):
    """A gap becomes the mean, not the median; a column that is constant once filled is 0, for later rows too."""
    train, new = "a,b,y\n1,4,5\n1,4,6\nNA,4,7\n7,,8\n", "a,b,y\n3,9,5\n9,,6\n"
    names, [(X, _), (later, _)] = submission.run(fit_and_transform, "y", train, [train, new])
    assert_equal(names, ["a", "b"], what="names")
    # Filled: 1, 1, 3, 7, so std is sqrt((4 + 4 + 0 + 16) / 4).
    assert_close(X, torch.tensor([[-2.0, 0], [-2, 0], [0, 0], [4, 0]]) / math.sqrt(6), what="X")
    assert_close(later, torch.tensor([[0.0, 0], [6, 0]]) / math.sqrt(6), what="X of later rows")


@pytest.mark.weight(2)
def test_categories(submission):
    """Each category has a column, in sorted order, and so have the missing ones."""
    text = "roof,y\ntile,5\nslate,6\n,7\nNA,8\ntile,9\n"
    names, [(X, _)] = submission.run(fit_and_transform, "y", text, [text])
    assert_equal(names, ["roof_slate", "roof_tile", "roof_nan"], what="names")
    assert_close(X, torch.tensor([[0.0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]]), what="X")


@pytest.mark.weight(2)
@pytest.mark.needs("missing_numbers", "categories")
def test_houses(submission):
    """Numbers and categories side by side, in the header's order."""
    names, [(X, y)] = submission.run(fit_and_transform, "price", HOUSES, [HOUSES])
    assert_equal(names, ["rooms", "roof_slate", "roof_tile", "roof_nan", "age"], what="names")
    r = math.sqrt(2)
    rooms, age = torch.tensor([-2, 0, 2, 0]) / r, torch.tensor([-10, 10, 0, 0]) / math.sqrt(50)
    roof = torch.tensor([[0.0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    assert_close(X, torch.column_stack([rooms, roof, age]), what="X")
    assert_close(y, torch.tensor([100.0, 200.0, 300.0, 400.0]), what="y")


@pytest.mark.weight(2)
@pytest.mark.needs("houses")
def test_new_rows_learn_nothing_of_themselves(submission):
    """Other rows are scaled with the training table's numbers; an unknown category is 0 everywhere."""
    new = "rooms,roof,age,price\n5,straw,30,0\n7,tile,NA,1\n"
    _, [(X, y)] = submission.run(fit_and_transform, "price", HOUSES, [new])
    expected = torch.tensor([[2.0, 0, 0, 0, 10], [4, 0, 1, 0, 0]]) / torch.tensor([2**0.5, 1, 1, 1, 50**0.5])
    assert_close(X, expected, what="X")
    assert_close(y, torch.tensor([0.0, 1.0]), what="y")


@pytest.mark.needs("houses")
def test_without_the_target(submission):
    """A table without the target's column gives its X, and None for y."""
    new = "rooms,roof,age\n5,slate,\n"
    _, [(X, y)] = submission.run(fit_and_transform, "price", HOUSES, [new])
    assert_close(X, torch.tensor([[2 / math.sqrt(2), 1, 0, 0, 0]]), what="X")
    assert y is None, "y should be None where there is no such column"


@pytest.mark.needs("houses")
def test_refuses_a_table_without_the_target(submission):
    """Fitting without the target's column is a ValueError that names the column."""
    assert_raises(ValueError, submission.run, fit, "rent", HOUSES, mentions=("rent",))


@pytest.mark.needs("uneven_and_constant_columns")
def test_constant_up_to_rounding(submission, rng):
    """A column that is the same everywhere is constant, even where its computed mean or std misses by rounding."""
    constants = [rng.choice(["0.1", "0.7", "1.4", "2.8", "3.3"]) for _ in range(2)]
    train = "a,b,y\n" + f"{constants[0]},{constants[1]},0\n" * 3 + f"{constants[0]},NA,1\n"
    _, [(X, _), (later, _)] = submission.run(fit_and_transform, "y", train, [train, "a,b,y\n5,6,0\n,,1\n"])
    assert_close(X, torch.zeros(4, 2), what="X", trivial=True)
    assert_close(later, torch.zeros(2, 2), what="X of later rows", trivial=True)


@pytest.mark.needs("numeric_columns")
def test_numbers_as_float_reads_them(submission, rng):
    """Signs, exponents and fractions are numbers too, in a feature and in the target."""
    fraction = rng.integers(1, 9)
    text = f"a,y\n1e1,2.{fraction}\n+4,-1e-1\n-.2e1,+3.5\n"
    names, [(X, y)] = submission.run(fit_and_transform, "y", text, [text])
    assert_equal(names, ["a"], what="names")
    assert_close(X, torch.tensor([[6.0], [0.0], [-6.0]]) / 24**0.5, what="X")
    assert_close(y, torch.tensor([2 + fraction / 10, -0.1, 3.5]), what="y")


@pytest.mark.needs("categories", "without_the_target")
def test_only_two_marks_for_missing(submission):
    """Nothing but an empty cell and NA is missing; a category is compared as a whole."""
    train, new = "c,y\nNone,1\nna,2\n-,3\nnull,4\nNA,5\n", "c\nNonesuch\nna\nN\n"
    names, [(X, _), (later, _)] = submission.run(fit_and_transform, "y", train, [train, new])
    assert_equal(names, ["c_-", "c_None", "c_na", "c_null", "c_nan"], what="names")
    assert_close(X, torch.eye(5)[[1, 2, 0, 3, 4]], what="X")
    assert_close(later, torch.tensor([[0.0] * 5, [0, 0, 1, 0, 0], [0.0] * 5]), what="X of later rows")
