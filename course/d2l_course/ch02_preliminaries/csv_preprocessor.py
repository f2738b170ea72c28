"""From the text of a CSV file to tensors: missing values, scaling, categories (section 2.2)."""

import csv
import io
import math
import statistics

import torch
from torch import Tensor


class CSVPreprocessor:
    """Learns from a training table how to turn such tables into tensors, and then does it.

    The text's first line names the columns, each further line is a row. A cell that is empty or reads NA is
    missing; any other text is a value, None and na too. Cells hold no commas or quotation marks, and every column
    has a value in at least one training row. A line ends in a newline character, and none is empty.

    A column is *numeric* if all its values in the training table are numbers (`float` reads them). It becomes
    one column of the same name: a missing value is replaced by the mean of the values that are there; then the
    filled column is scaled, (x - mean) / std, where std is the standard deviation over all n rows (divided by
    n, not n - 1). A column whose values are all the same tells nothing and becomes 0 everywhere, in later tables
    too; its std is 0, but rounding may compute one just above. Numbers may be tiny, or large and close together:
    compute with Python's floats or in float64, and make float32 only of what is scaled.

    Every other column is a *category*. It becomes a column `NAME_CATEGORY` for each category of the training
    table, in sorted order, with a 1 where the cell is that category and else 0; then one column `NAME_nan`
    with a 1 where the cell is missing. A category that the training table did not have is 0 in all of them.

    Args:
        target: The name of the column that is to be predicted. It is no feature; its cells are numbers.

    Attributes:
        names: The names of the feature columns in order, once `fit` has been called.

    Example:
        >>> text = "area,roof,price\\n2,tile,10\\n4,NA,20\\n"
        >>> houses = CSVPreprocessor("price").fit(text)
        >>> houses.names
        ['area', 'roof_tile', 'roof_nan']
        >>> houses.transform(text)
        (tensor([[-1.,  1.,  0.],
                [ 1.,  0.,  1.]]), tensor([10., 20.]))

    Book: section 2.2.
    """

    def __init__(self, target: str) -> None:
        raise NotImplementedError

    def fit(self, text: str) -> "CSVPreprocessor":
        """Learn columns, means, standard deviations and categories from a training table.

        Fitting once more forgets what was learnt before.

        Args:
            text: The table.

        Returns:
            This object.

        Raises:
            ValueError: There is no column of the target's name; the message gives that name.
        """
        raise NotImplementedError

    def transform(self, text: str) -> tuple[Tensor, Tensor | None]:
        """Turn a table into tensors, with nothing but what `fit` has learnt.

        Nothing is learnt here: not from this table, and not for the next one.

        Args:
            text: A table with the training table's feature columns, found by their names: they may come in
                another order. The target may be missing.

        Returns:
            X, float32, [n, d], a column for each of `names`; and y, float32, [n], the target's column, or None
            if the table does not have it.
        """
        raise NotImplementedError
