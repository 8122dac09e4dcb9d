"""Teaches numba a class of tables that compiled code reaches by one address.

Handing forty arrays from function to function costs microseconds: numba counts the references to each of them. A
directory of addresses costs a load, and is as quick to hand over as a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import (
    NativeValue,
    intrinsic,
    models,
    overload_attribute,
    register_model,
    typeof_impl,
    unbox,
)

ADDRESS, ROWS, COLUMNS = range(3)
FIELDS = 3
"""A table's entry in the directory: the address of its first number, its rows and its columns (int64 each)."""


class DirectoryType(types.Type):
    """A world, to numba: the address of its directory."""

    def __init__(self) -> None:
        super().__init__(name="Directory")


DIRECTORY = DirectoryType()


@register_model(DirectoryType)
class _DirectoryModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, ir.IntType(64))


@unbox(DirectoryType)
def _unbox(_typ: Any, value: Any, context: Any) -> NativeValue:
    address = context.pyapi.object_getattr_string(value, "address")
    native = context.pyapi.long_as_longlong(address)
    context.pyapi.decref(address)
    return NativeValue(native, is_error=cgutils.is_not_null(context.builder, context.pyapi.err_occurred()))


@intrinsic
def world_at(_typing: Any, _address: Any) -> Any:
    """In compiled code, the world whose directory lies at an address: numbers come from Python ten times as quickly."""

    def generate(_context: Any, _builder: Any, _signature: Any, arguments: Any) -> Any:
        return arguments[0]

    return DIRECTORY(types.int64), generate


def _entry(builder: Any, directory: Any, place: Any) -> Any:
    """The number at a place of a directory."""
    pointer = builder.inttoptr(directory, ir.IntType(64).as_pointer())
    return builder.load(builder.gep(pointer, [place]))


@intrinsic
def _number_in(_typing: Any, directory: Any, _place: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return _entry(builder, *arguments)

    return types.int64(directory, types.int64), generate


def _pointer_in(of: Any) -> Any:
    @intrinsic
    def pointer_in(_typing: Any, directory: Any, _place: Any) -> Any:
        pointer = types.CPointer(of)  # type: ignore[attr-defined]

        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(_entry(builder, *arguments), context.get_value_type(pointer))

        return pointer(directory, types.int64), generate

    return pointer_in


_INTS_IN, _FLOATS_IN = _pointer_in(types.int64), _pointer_in(types.float64)


def tables_by_address(of: type, tables: Mapping[str, tuple[int, bool, int]]) -> None:
    """Let compiled code read attributes of the class ``of`` as tables, given its attribute ``address``.

    ``tables``: for each name its number in the directory, whether it holds floats (else int64), and how many columns it
    has: 0 if it is an array of one dimension, -1 if the directory says it.
    """
    typeof_impl.register(of)(lambda _value, _context: DIRECTORY)
    for name, (number, is_float, columns) in tables.items():
        overload_attribute(DirectoryType, name)(_getter(FIELDS * number, is_float=is_float, columns=columns))


def _getter(entry: int, *, is_float: bool, columns: int) -> Callable[[Any], Callable[[Any], Any]]:
    pointer_in = _FLOATS_IN if is_float else _INTS_IN
    address, rows, varying = entry + ADDRESS, entry + ROWS, entry + COLUMNS

    def array(world: Any) -> Any:
        return numba.carray(pointer_in(world, address), (_number_in(world, rows),))

    def matrix(world: Any) -> Any:
        return numba.carray(pointer_in(world, address), (_number_in(world, rows), columns))

    def varying_matrix(world: Any) -> Any:
        return numba.carray(pointer_in(world, address), (_number_in(world, rows), _number_in(world, varying)))

    chosen = {0: array, -1: varying_matrix}.get(columns, matrix)

    def get(world: Any) -> Any:  # noqa: ARG001 - numba looks at the names of arguments, and at their annotations
        return chosen

    return get
