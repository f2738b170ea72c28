"""Hidden checks of ch02/csv_preprocessor."""

import pytest
import torch
from d2l_course.ch02_preliminaries.checks.test_csv_preprocessor import fit_and_transform
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, probe

WORDS = ["oak", "elm", "ash", "fir", "yew", "Box", "bay"]


@probe
def fitted_twice(module, first, second, text):
    """One object fitted to one table, then to another."""
    table = module.CSVPreprocessor("y")
    table.fit(first)
    table.transform(first)
    again = table.fit(second)
    return again is table, list(table.names), again.transform(text)


def drawn_table(rng, n, words=WORDS):
    """A table of n rows with numbers, categories and gaps; every column has values in its first two rows."""

    def gap(cell, row):
        return rng.choice(["", "NA"]) if row > 1 and rng.integers(0, 4) == 0 else cell

    lines = ["size,wood,y,code,weight"]
    for row in range(n):
        size, weight = rng.normal(mean=50.0, std=20.0).item(), rng.integers(-9, 10)
        wood, code = rng.choice(words), rng.choice(["7", "b2", "12", "c"]) if row else "7"
        if row == 1:
            code = "b2"
        cells = [gap(f"{size:.3f}", row), gap(wood, row), str(row), gap(code, row), gap(str(weight), row)]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


@pytest.mark.weight(4)
@pytest.mark.needs("new_rows_learn_nothing_of_themselves")
def test_any_table(submission, reference, rng):
    """Tables of any content: names, training rows and further rows."""
    for n in (5, rng.integers(8, 20)):
        train, new = drawn_table(rng, n), drawn_table(rng, 6, [*WORDS, "larch", "palm"])
        names, expected = reference.run(fit_and_transform, "y", train, [train, new])
        found, answers = submission.run(fit_and_transform, "y", train, [train, new])
        assert_equal(found, names, what="names")
        assert_close(answers, expected, what="transformed tables")


@pytest.mark.weight(2)
@pytest.mark.needs("numeric_columns")
def test_constant_column(submission, rng):
    """A column that is the same in every training row becomes 0, whatever comes later."""
    constant, other = rng.integers(2, 50), rng.integers(60, 90)
    train = f"a,b,y\n{constant},1,0\n,3,0\n{constant},5,1\n"
    new = f"a,b,y\n{other},5,0\nNA,1,1\n"
    _, tables = submission.run(fit_and_transform, "y", train, [train, new])
    scaled = torch.tensor([-2.0, 0.0, 2.0]) / (8 / 3) ** 0.5
    for (X, _), b in zip(tables, (scaled, scaled[[2, 0]]), strict=True):
        assert_close(X, torch.stack([torch.zeros(len(b)), b], dim=1), what="X")


@pytest.mark.weight(2)
@pytest.mark.needs("new_rows_learn_nothing_of_themselves")
def test_large_and_tiny_numbers(submission, rng):
    """Numbers keep their digits until they are scaled, however large and close together, or tiny, they are."""
    start = rng.integers(100_000_001, 900_000_000)
    rows = [f"{start + k},{k + 1}e-9,{k}" for k in range(3)]
    train = "\n".join(["a,b,y", *rows]) + "\n"
    _, [(X, _)] = submission.run(fit_and_transform, "y", train, [train])
    scaled = torch.tensor([-1.0, 0.0, 1.0]) * 1.5**0.5
    assert_close(X, torch.stack([scaled, scaled], dim=1), what="X")


@pytest.mark.needs("new_rows_learn_nothing_of_themselves")
def test_transform_changes_nothing(submission, rng):
    """A table is transformed in the same way before and after another one."""
    train = "a,c,y\n1,u,0\n2,v,0\n6,u,1\n"
    other = f"a,c,y\n{rng.integers(20, 90)},w,0\n{rng.integers(20, 90)},NA,1\n,a,1\n"
    probe_rows = "a,c,y\n9,w,4\n,v,5\n"
    names, [before, _, after] = submission.run(fit_and_transform, "y", train, [probe_rows, other, probe_rows])
    assert_equal(names, ["a", "c_u", "c_v", "c_nan"], what="names")
    std = (14 / 3) ** 0.5
    expected = (torch.tensor([[6 / std, 0, 0, 0], [0, 0, 1, 0]]), torch.tensor([4.0, 5.0]))
    assert_close(before, expected, what="table before")
    assert_close(after, expected, what="table after")


@pytest.mark.needs("numeric_columns", "categories")
def test_fit_forgets(submission, rng):
    """Fitting again starts afresh, and fit returns the object itself."""
    first = f"a,c,y\n{rng.integers(1, 9)},u,0\n{rng.integers(10, 99)},v,1\n"
    second = "c,b,y\ns,1,3\nt,5,4\n"
    same, names, (X, y) = submission.run(fitted_twice, first, second, second)
    assert_equal(names, ["c_s", "c_t", "c_nan", "b"], what="names")
    assert_close(X, torch.tensor([[1.0, 0, 0, -1], [0, 1, 0, 1]]), what="X")
    assert_close(y, torch.tensor([3.0, 4.0]), what="y")
    assert same, "fit should return the object that it was called on"


@pytest.mark.needs("new_rows_learn_nothing_of_themselves", "without_the_target")
def test_columns_are_found_by_name(submission, rng):
    """A table whose columns come in another order gives the same features in the same places."""
    train = "a,b,c,y\n1,2,u,0\n3,8,v,1\n"
    a, b = rng.integers(5, 20), rng.integers(20, 40)
    _, [(X, y), (X2, y2)] = submission.run(
        fit_and_transform, "y", train, [f"y,c,b,a\n7,v,{b},{a}\n", f"b,c,a\n{b},u,{a}\n"]
    )
    assert_close(X, torch.tensor([[a - 2.0, (b - 5) / 3, 0, 1, 0]]), what="X")
    assert_close(y, torch.tensor([7.0]), what="y")
    assert_close(X2, torch.tensor([[a - 2.0, (b - 5) / 3, 1, 0, 0]]), what="X without the target")
    assert y2 is None, "y should be None where there is no such column"


@pytest.mark.needs("houses")
def test_target_may_stand_anywhere(submission):
    """The target may be the first column, and need not be called y."""
    text = "cost,a\n10,1\n30,3\n"
    names, [(X, y)] = submission.run(fit_and_transform, "cost", text, [text])
    assert_equal(names, ["a"], what="names")
    assert_close(X, torch.tensor([[-1.0], [1.0]]), what="X")
    assert_close(y, torch.tensor([10.0, 30.0]), what="y")


@pytest.mark.needs("houses")
def test_single_precision(submission, rng):
    """X and y are float32."""
    text = drawn_table(rng, 6)
    _, [(X, y)] = submission.run(fit_and_transform, "y", text, [text])
    assert_dtype(X, torch.float32, what="X")
    assert_dtype(y, torch.float32, what="y")
    assert_close(y, torch.arange(6.0), what="y")
