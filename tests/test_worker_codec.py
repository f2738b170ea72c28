"""The wire: whatever goes in comes out as the same data, and no bytes become anything but data."""

from __future__ import annotations

import contextlib
import json
import math
from collections import namedtuple

import numpy as np
import pytest
import torch
from d2l_kit.worker import codec
from hypothesis import given, settings
from hypothesis import strategies as st

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN)
@settings(max_examples=150, deadline=None)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    back = codec.roundtrip(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("name", sorted(codec.DTYPES))
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (1,)])
def test_tensors_of_every_dtype_and_shape_come_back_bit_for_bit(name, shape):
    size = math.prod(shape)
    dtype = codec.DTYPES[name]
    raw = torch.arange(size * dtype.itemsize, dtype=torch.uint8)
    raw = raw % 2 if dtype is torch.bool else raw
    tensor = raw.view(dtype).reshape(shape) if size else torch.empty(shape, dtype=dtype)
    back = codec.roundtrip(tensor)
    assert back.dtype == dtype
    assert back.shape == tensor.shape
    if size:
        assert torch.equal(back.reshape(-1).view(torch.uint8), tensor.reshape(-1).view(torch.uint8))


def test_a_nan_keeps_its_payload():
    payload = torch.tensor([0x7FC12345, 0x7F800001, -0x7FFFFFFF - 1], dtype=torch.int32).view(torch.float32)
    assert torch.equal(codec.roundtrip(payload).view(torch.int32), payload.view(torch.int32))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).reshape(2, 3).T,
        torch.arange(3.0).expand(4, 3),
        torch.arange(10.0)[::3],
        torch.randn(3, dtype=torch.complex64).conj(),
        torch.randn(3, dtype=torch.complex64).conj().imag,
        torch.nn.Parameter(torch.ones(2)),
        torch.arange(4.0).reshape(2, 2)[:-1, -1],  # one number, stride 2: contiguous, as torch counts it
        torch.arange(6.0).reshape(1, 2, 3)[:, -1:, -1].clone(),
    ],
    ids=[
        "transposed",
        "expanded",
        "strided",
        "conjugated",
        "lazily negated",
        "parameter",
        "one number with a stride",
        "one number cloned",
    ],
)
def test_any_layout_in_memory_arrives_contiguous_with_the_same_numbers(tensor):
    back = codec.roundtrip(tensor)
    assert back.is_contiguous()
    assert torch.equal(back, tensor.detach().resolve_conj())


def test_requires_grad_is_kept_for_arguments_and_left_off_answers():
    tensor = torch.ones(2, requires_grad=True)
    assert codec.roundtrip(tensor, grad=True).requires_grad
    assert not codec.roundtrip(tensor).requires_grad


def test_tensors_that_shared_memory_arrive_apart():
    base = torch.zeros(4)
    first, second = codec.roundtrip([base, base[:2]])
    first[0] = 1
    assert second[0] == 0


def test_numpy_arrays_scalars_and_dtypes_travel():
    assert codec.roundtrip(np.float32(1.5)) == np.float32(1.5)
    assert np.array_equal(codec.roundtrip(np.arange(6).reshape(2, 3).T), np.arange(6).reshape(2, 3).T)
    assert codec.roundtrip(torch.bfloat16) is torch.bfloat16
    assert codec.roundtrip(torch.Size([2, 3])) == (2, 3)
    assert codec.roundtrip(namedtuple("P", "x y")(1, 2)) == (1, 2)


class _Pair(tuple):
    def __iter__(self):
        return iter((0, 0))


class _Table(dict):
    def items(self):
        return ()


def test_a_kind_of_tuple_list_or_dictionary_travels_as_what_it_holds():
    assert codec.roundtrip(_Pair((1, 2))) == (1, 2)
    assert codec.roundtrip(_Table(a=1)) == {"a": 1}
    assert codec.roundtrip(type("Row", (list,), {})([1])) == [1]


class _Liar(torch.Tensor):
    pass


class _Equal(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (object(), "object"),
        ({1, 2}, "set"),
        (_Liar(), "_Liar"),
        (_Equal(3), "_Equal"),
        (lambda: 0, "function"),
        (torch.nn.Linear(1, 1), "Linear"),
        (torch.ones(2).to_sparse(), "sparse"),
        (torch.ones(2, device="meta"), "meta"),
        (np.array(["a"]), "<U1"),
        (np.array([object()], dtype=object), "object"),
        (np.ma.masked_array([1.0], mask=[True]), "MaskedArray"),
        (10**2000, "whole number"),
    ],
)
def test_anything_else_is_refused_with_its_types_name(value, kind):
    with pytest.raises(codec.NotPlainData, match=kind):
        codec.encode([value])


def test_a_refusal_says_where_in_the_result():
    with pytest.raises(codec.NotPlainData, match=r"the result\[1\]\['a'\]"):
        codec.encode([0, {"a": object()}])


def test_too_deep_and_too_many_parts_are_refused():
    deep: list = []
    for _ in range(codec.MAX_DEPTH + 2):
        deep = [deep]
    with pytest.raises(codec.NotPlainData, match="nested"):
        codec.encode(deep)
    with pytest.raises(codec.NotPlainData, match="return a tensor"):
        codec.encode([0] * (codec.MAX_NODES + 1))


def _tensor(**changes):
    return {"$": "tensor", "d": "float32", "s": [2], "f": 0} | changes


@pytest.mark.parametrize(
    ("document", "body"),
    [
        ([[8], _tensor(s=[3])], 8),
        ([[8], _tensor(s=[-1, -2])], 8),
        ([[8], _tensor(s=[2.0])], 8),
        ([[8], _tensor(s=[True, 2])], 8),
        ([[8], _tensor(d="qint8")], 8),
        ([[8], _tensor(d=["float32"])], 8),
        ([[8], _tensor(f=1)], 8),
        ([[8], _tensor(f=-1)], 8),
        ([[8], _tensor(f=None)], 8),
        ([[0], _tensor(s=[0, 2**61, 8])], 0),
        ([[0], _tensor(s=[0] * 65)], 0),
        ([[4, 4], _tensor()], 8),
        ([[10**30], _tensor()], 8),
        ([[-8], _tensor()], 8),
        ([["8"], _tensor()], 8),
        ([[], {"$": "object"}], 0),
        ([[], {}], 0),
        ([[], {"$": "dict", "v": [[1, 2], [1, 3]]}], 0),
        ([[], {"$": "dict", "v": [[float("nan"), 2]]}], 0),
        ([[], {"$": "dict", "v": [[[1], 2]]}], 0),
        ([[], {"$": "dict", "v": 3}], 0),
        ([[], {"$": "tuple"}], 0),
        ([[], {"$": "complex", "v": ["x", 1]}], 0),
        ([[], {"$": "dtype", "v": "object"}], 0),
        ([[], {"$": "array", "d": "bfloat16", "s": [], "f": 0}], 0),
        ([[]], 0),
        ({"a": 1}, 0),
        (None, 0),
        (7, 0),
    ],
)
def test_headers_that_encode_never_writes_are_malformed(document, body):
    with pytest.raises(codec.Malformed):
        codec.decode(json.dumps(document).encode(), memoryview(bytearray(body)))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[[], " + b"9" * 10_000 + b"]",
        b'[[],{"$":"\xc3\xa9"}]',
        b"[[],[" + b"[]," * 200_000 + b"0]]",
    ],
)
def test_bytes_that_are_no_header_are_malformed(header):
    with pytest.raises(codec.Malformed):
        codec.decode(header, memoryview(bytearray()))


@given(st.binary(max_size=60), st.binary(max_size=40))
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_data_or_malformed(header, body):
    with contextlib.suppress(codec.Malformed):
        codec.decode(header, memoryview(bytearray(body)))


JSONISH = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 70)
    | st.floats()
    | st.sampled_from(["float32", "bool", "tensor", "dict", "x"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["$", "v", "d", "s", "f", "g"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(st.lists(st.integers(-1, 20), max_size=3), JSONISH, st.binary(max_size=40))
@settings(max_examples=300, deadline=None)
def test_random_documents_are_data_or_malformed(lengths, node, body):
    with contextlib.suppress(codec.Malformed):
        codec.decode(json.dumps([lengths, node]).encode(), memoryview(bytearray(body)))


def test_a_bool_tensor_of_other_bytes_holds_true_and_false_only():
    header = json.dumps([[3], {"$": "tensor", "d": "bool", "s": [3], "f": 0}]).encode()
    tensor = codec.decode(header, memoryview(bytearray(b"\x00\x02\xff")))
    assert tensor.tolist() == [False, True, True]
    assert tensor.view(torch.uint8).tolist() == [0, 1, 1]
