"""Plain data to bytes and back, such that bytes can only ever become data.

A value travels as a JSON header and raw frames behind it: the header holds the structure, a frame the bytes of one
tensor, array or bytes object. JSON rather than msgpack or pickle: it is in the standard library, cannot construct
objects, has integers of any size, and its few hostile corners (depth, size, huge integers) are closed here before
anything is allocated. Every size is checked against the bytes really received; shapes are multiplied as Python ints.

Strides and aliasing are not carried: a tensor arrives contiguous and alone.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import torch

MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_DIMS = 64
MAX_INT_BITS = 4096
MAX_ODD_KEYS = 4096  # of dictionaries, that are no strings: anyone can make numbers of one hash, and lookups slow

DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        "float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128",
        "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "bool",
    )
}  # fmt: skip
_DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_ARRAY_DTYPES = frozenset(DTYPES) - {"bfloat16", "complex32"}  # what numpy has
_TENSORS = (torch.Tensor, torch.nn.Parameter)


class NotPlainData(TypeError):
    """A value cannot travel. `kind` names its type, `where` the place in the result."""

    def __init__(self, kind: str, where: str) -> None:
        super().__init__(f"{where} is a {kind}, which is not plain data")
        self.kind = kind
        self.where = where


class Malformed(ValueError):
    """Bytes that are no message of this protocol."""


def encode(value: Any) -> tuple[bytes, list[memoryview]]:
    """The JSON header of a value and its frames.

    Raises:
        NotPlainData: Something in it is not plain data, or it is too deep or has too many parts.
    """
    encoder = _Encoder()
    node = encoder.node(value, "the result", 0)
    return json.dumps([encoder.lengths, node], separators=(",", ":")).encode("ascii"), encoder.frames


def decode(header: bytes | memoryview, body: memoryview, *, grad: bool = False) -> Any:
    """The value of a header and the frames behind it; every tensor and array has memory of its own.

    Args:
        header: JSON as `encode` made it.
        body: All frames, one after the other.
        grad: Whether `requires_grad` is restored (a worker's arguments) or left off (a worker's answers).

    Raises:
        Malformed: Anything is not as `encode` makes it.
    """
    try:
        document = json.loads(bytes(header).decode("ascii"))
        lengths, node = document
        return _Decoder(_frames(lengths, body), grad).value(node)
    except Malformed:
        raise
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except Exception as error:  # hostile input: whatever fails while decoding means one thing
        raise Malformed(f"{type(error).__name__}: {str(error)[:200]}") from None


def roundtrip(value: Any, *, grad: bool = False) -> Any:
    """What arrives when `value` is sent: used to give the reference exactly what a worker gets."""
    header, frames = encode(value)
    return decode(header, memoryview(bytearray(b"".join(frames))), grad=grad)


def flat_bytes(tensor: torch.Tensor) -> torch.Tensor:
    """The bytes of a tensor that is contiguous, as torch counts it: an axis of size 1 may have any stride even so,
    with which `view` does not go along."""
    return tensor.as_strided((tensor.numel(),), (1,)).view(torch.uint8)


class _Encoder:
    def __init__(self) -> None:
        self.frames: list[memoryview] = []
        self.lengths: list[int] = []
        self.nodes = 0
        self.odd_keys = 0

    def node(self, value: Any, where: str, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise NotPlainData(f"{type(value).__name__} nested more than {MAX_DEPTH} deep", where)
        if self.nodes > MAX_NODES:
            raise NotPlainData(f"collection of more than {MAX_NODES:,} parts (return a tensor instead)", "the result")
        kind = type(value)
        if value is None or kind in (bool, str):
            return value
        if kind is int:
            if value.bit_length() > MAX_INT_BITS:
                raise NotPlainData("whole number of more than 4096 bits", where)
            return value
        if kind is float:
            return value
        # A student's own kind of list, tuple or dictionary counts as what it is one of; the base's methods read it.
        if isinstance(value, list):
            return self._items(list.__iter__(value), where, depth)
        if isinstance(value, tuple):
            return {"$": "tuple", "v": self._items(tuple.__iter__(value), where, depth)}
        if isinstance(value, dict):
            return {"$": "dict", "v": [self._pair(k, v, where, depth) for k, v in dict.items(value)]}
        if kind in _TENSORS:
            return self._tensor(value, where)
        if kind is np.ndarray or isinstance(value, np.generic):
            return self._array(value, where)
        if kind is complex:
            return {"$": "complex", "v": [value.real, value.imag]}
        if kind in (bytes, bytearray):
            return {"$": "bytes", "f": self._frame(memoryview(bytes(value)))}
        if kind is torch.dtype:
            return {"$": "dtype", "v": _DTYPE_NAMES.get(value, str(value))}
        raise NotPlainData(kind.__name__, where)

    def _items(self, values: Any, where: str, depth: int) -> list[Any]:
        return [self.node(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(values)]

    def _pair(self, key: Any, value: Any, where: str, depth: int) -> list[Any]:
        self.odd_keys += type(key) is not str
        if self.odd_keys > MAX_ODD_KEYS:
            raise NotPlainData(f"dictionary of more than {MAX_ODD_KEYS:,} keys that are no strings", where)
        return [
            self.node(key, f"a key of {where}", depth + 1),
            self.node(value, f"{where}[{key!r}]", depth + 1),
        ]

    def _frame(self, data: memoryview) -> int:
        self.frames.append(data)
        self.lengths.append(data.nbytes)
        return len(self.frames) - 1

    def _tensor(self, value: torch.Tensor, where: str) -> dict[str, Any]:
        if value.layout is not torch.strided:
            raise NotPlainData(f"tensor with layout {value.layout}", where)
        if value.is_nested or value.is_quantized or value.device.type == "meta" or value.dtype not in _DTYPE_NAMES:
            raise NotPlainData(f"tensor of type {value.dtype} on {value.device}", where)
        # resolve_conj: a lazily conjugated tensor has no bytes of its own to view.
        plain = value.detach().resolve_conj().resolve_neg().cpu().contiguous()
        data = flat_bytes(plain).numpy().data if plain.numel() else memoryview(b"")
        node = {"$": "tensor", "d": _DTYPE_NAMES[value.dtype], "s": list(value.shape), "f": self._frame(data)}
        if value.requires_grad:
            node["g"] = True
        return node

    def _array(self, value: Any, where: str) -> dict[str, Any]:
        array = np.asarray(value)
        if array.dtype.name not in _ARRAY_DTYPES or type(value).__module__.split(".")[0] != "numpy":
            raise NotPlainData(f"numpy {type(value).__name__} of dtype {array.dtype}", where)
        data = memoryview(np.ascontiguousarray(array).tobytes())
        tag = "array" if isinstance(value, np.ndarray) else "scalar"
        return {"$": tag, "d": array.dtype.name, "s": list(array.shape), "f": self._frame(data)}


def _frames(lengths: Any, body: memoryview) -> list[memoryview]:
    if not isinstance(lengths, list) or len(lengths) > MAX_NODES:
        raise Malformed("frame lengths are no list, or too many")
    if not all(type(n) is int and n >= 0 for n in lengths):
        raise Malformed("frame lengths are not whole numbers")
    if sum(lengths) != body.nbytes:
        raise Malformed(f"frames of {sum(lengths)} bytes were announced, {body.nbytes} came")
    frames, start = [], 0
    for length in lengths:
        frames.append(body[start : start + length])
        start += length
    return frames


class _Decoder:
    def __init__(self, frames: list[memoryview], grad: bool) -> None:
        self.frames: list[memoryview | None] = list(frames)
        self.grad = grad
        self.nodes = 0
        self.odd_keys = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise Malformed("too deep or too many parts")
        if node is None or type(node) in (bool, int, float, str):
            if type(node) is int and node.bit_length() > MAX_INT_BITS:
                raise Malformed("a whole number of too many digits")
            return node
        if type(node) is list:
            return [self.value(item, depth + 1) for item in node]
        if type(node) is not dict:
            raise Malformed("unknown node")
        return self._tagged(node, depth)

    def _tagged(self, node: dict[str, Any], depth: int) -> Any:
        tag = node.get("$")
        if tag == "tuple":
            return tuple(self.value(item, depth + 1) for item in _list(node))
        if tag == "dict":
            return self._dict(_list(node), depth)
        if tag == "complex":
            real, imaginary = _list(node)
            return complex(float(real), float(imaginary))
        if tag == "bytes":
            return bytes(self._frame(node))
        if tag == "dtype":
            return DTYPES[node["v"]]
        if tag == "tensor":
            return self._tensor(node)
        if tag in ("array", "scalar"):
            return self._array(node, tag == "scalar")
        raise Malformed("unknown node")

    def _dict(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, value_node in pairs:
            key = self.value(key_node, depth + 1)
            self.odd_keys += type(key) is not str
            if self.odd_keys > MAX_ODD_KEYS:
                raise Malformed("too many dictionary keys that are no strings")
            if isinstance(key, (torch.Tensor, np.ndarray)) or key != key or key in result:
                raise Malformed("a dictionary's keys are not plain, or one comes twice")
            result[key] = self.value(value_node, depth + 1)
        return result

    def _frame(self, node: dict[str, Any]) -> memoryview:
        index = node["f"]
        if type(index) is not int or not 0 <= index < len(self.frames):
            raise Malformed("no such frame")
        frame, self.frames[index] = self.frames[index], None
        if frame is None:  # each use is a copy: a thousand tensors of one frame would fill the memory
            raise Malformed("a frame is used twice")
        return frame

    def _shaped(self, node: dict[str, Any], itemsize: int) -> tuple[memoryview, list[int]]:
        shape, frame = node["s"], self._frame(node)
        if (
            type(shape) is not list
            or len(shape) > MAX_DIMS
            or not all(type(n) is int and 0 <= n < 2**62 for n in shape)
        ):
            raise Malformed("a shape is not a list of sizes")
        if math.prod(shape) * itemsize != frame.nbytes:
            raise Malformed(f"shape {shape} does not fit {frame.nbytes} bytes")
        # A shape such as [0, 2**61, 8] holds nothing but overflows as soon as strides are computed.
        if math.prod(n for n in shape if n) * itemsize >= 2**62:
            raise Malformed(f"shape {shape} is too large")
        return frame, shape

    def _tensor(self, node: dict[str, Any]) -> torch.Tensor:
        dtype = DTYPES[node["d"]]
        frame, shape = self._shaped(node, dtype.itemsize)
        if frame.nbytes:
            # A copy, since frames are not aligned to the element's size. A bool is a byte that must be 0 or 1,
            # which a hostile worker's need not be.
            tensor = torch.frombuffer(bytearray(frame), dtype=torch.uint8 if dtype is torch.bool else dtype).reshape(
                shape
            )
            tensor = tensor != 0 if dtype is torch.bool else tensor
        else:
            tensor = torch.empty(shape, dtype=dtype)
        if self.grad and node.get("g") is True and (dtype.is_floating_point or dtype.is_complex):
            tensor.requires_grad_()
        return tensor

    def _array(self, node: dict[str, Any], scalar: bool) -> Any:
        if node["d"] not in _ARRAY_DTYPES:
            raise Malformed("unknown dtype")
        dtype = np.dtype(node["d"])
        frame, shape = self._shaped(node, dtype.itemsize)
        if len(shape) > 32:
            raise Malformed("an array of more than 32 axes")
        array = np.frombuffer(bytearray(frame), dtype=dtype).reshape(shape)
        if dtype == np.bool_:
            array = array.view(np.uint8) != 0
        return array[()] if scalar else array


def _list(node: dict[str, Any]) -> list[Any]:
    value = node["v"]
    if type(value) is not list:
        raise Malformed("a list is missing")
    return value
