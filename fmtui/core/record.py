"""Values with named fields, as `@dataclass(frozen=True, slots=True)` makes them, in a tenth of the time.

`dataclass` writes and compiles half a dozen methods for each class, at every start: for the
values of this program that took as long as reading all of its configuration. Here all
classes share the same methods. `replace`, `fields` and the rest of `dataclasses` know them.
`NamedTuple` is here too for the same reason: that of `typing` compiles the annotation of
each field, and methods for each class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform

try:  # as `collections` does: a field is read by the interpreter itself
    from _collections import _tuplegetter  # type: ignore[import-not-found]
except ImportError:

    def _tuplegetter(at: int, _doc: str) -> property:
        return property(itemgetter(at))


__all__ = ["NamedTuple", "record"]

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T]) -> type[_T]:
    """Make a class of values from its annotations: never changed, and equal when all fields are equal."""
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    for name in _SHARED:
        setattr(made, name, vars(_Shared)[name])
    return made


class _Shared:
    """The methods of every record."""

    __match_args__: tuple[str, ...]
    __dataclass_fields__: dict[str, Field[Any]]

    def __init__(self, *values: object, **named: object) -> None:
        """Take the values of the fields, in their order or by their names.

        Raises:
            TypeError: a value is missing, or there is no field for it.
        """
        names = self.__match_args__
        for name, value in zip(names, values, strict=False):
            _set(self, name, value)
        for name in names[len(values) :]:
            _set(self, name, named.pop(name) if name in named else _default(self, name))
        if named or len(values) > len(names):
            raise TypeError(
                f"{type(self).__name__}() has no place for {', '.join(named) or 'so many values'}"
            )

    def __repr__(self) -> str:
        known = self.__dataclass_fields__.values()
        shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in known if each.repr)
        return f"{type(self).__qualname__}({shown})"

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Say how to copy and to pickle it; the usual way is to set the fields."""
        return type(self), _values(self)


_SHARED = (
    "__init__",
    "__repr__",
    "__eq__",
    "__hash__",
    "__setattr__",
    "__delattr__",
    "__reduce__",
)
_set = object.__setattr__


def _values(of: Any) -> tuple[object, ...]:
    return tuple([getattr(of, name) for name in of.__match_args__])


def _default(of: _Shared, name: str) -> object:
    """Return what a field has that was given no value."""
    known = of.__dataclass_fields__[name]
    if known.default is not MISSING:
        return known.default
    if known.default_factory is not MISSING:
        return known.default_factory()
    raise TypeError(f"{type(of).__name__}() needs a value for {name}")


class _TupleMaker(type):
    """Turns a class with annotated fields into a class of tuples."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: Mapping[str, Any]) -> type:
        """Make it; the base that is written there is only a sign."""
        if not bases:
            return super().__new__(cls, name, bases, dict(body))
        fields = tuple(body.get("__annotations__", ()))
        own = {key: value for key, value in body.items() if key not in fields}
        defaults = {each: body[each] for each in fields if each in body}
        got = {each: _tuplegetter(at, "") for at, each in enumerate(fields)}
        known = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields, "__slots__": ()}
        return type(name, (tuple,), _TUPLES | got | known | own)


def _new(cls: Any, /, *values: object, **named: object) -> Any:
    fields = cls._fields
    if named or len(values) != len(fields):
        values = (*values, *_others(cls, fields[len(values) :], named))
        if named or len(values) > len(fields):
            raise TypeError(f"{cls.__name__}() has no place for {', '.join(named) or 'so many values'}")
    return tuple.__new__(cls, values)


def _others(cls: Any, fields: tuple[str, ...], named: dict[str, object]) -> Iterator[object]:
    """Yield what was given by name, and the defaults of what was not."""
    for each in fields:
        if each in named:
            yield named.pop(each)
        elif each in cls._field_defaults:
            yield cls._field_defaults[each]
        else:
            raise TypeError(f"{cls.__name__}() needs a value for {each}")


def _replace(self: Any, /, **named: object) -> Any:
    values = [named.pop(each, old) for each, old in zip(self._fields, self, strict=True)]
    if named:
        raise ValueError(f"{type(self).__name__} has no field {', '.join(named)}")
    return tuple.__new__(type(self), values)


def _values_of(self: Any) -> tuple[object, ...]:
    return tuple(self)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{each}={value!r}" for each, value in zip(self._fields, self, strict=True))
    return f"{type(self).__name__}({shown})"


_TUPLES: dict[str, Any] = {
    "__new__": _new,
    "__repr__": _repr,
    "__getnewargs__": _values_of,
    "_make": classmethod(lambda cls, values: cls(*values)),
    "_replace": _replace,
    "_asdict": lambda self: dict(zip(self._fields, self, strict=True)),
}
"""What all classes of tuples share; that of `collections` compiles some of it for each."""


if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class NamedTuple(metaclass=_TupleMaker):
        """The same as in `typing`, and the same for the checkers of types."""
