"""Checks of arguments that several modules take."""

from numbers import Integral, Real


def check_whole(name, number):
    """Refuse what is not a whole number of at least 1.

    Args:
        name: What the argument is called in a message.
        number: What was given for it.

    Returns:
        The number as an int, which Keras asks for where NumPy gives its own kind.

    Raises:
        ValueError: If `number` is not an integer of Python or NumPy, or below 1.
    """
    is_whole = isinstance(number, Integral) and not isinstance(number, bool)
    if not is_whole or number < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {number!r}.")
    return int(number)


def is_number(value):
    """Tell whether a value is one real number, of Python or NumPy.

    Args:
        value: Anything. An array is no number, nor is True.

    Returns:
        A boolean.
    """
    return isinstance(value, Real) and not isinstance(value, bool)


def check_shape(name, shape, axes):
    """Refuse the shape of what has another rank, or nothing in it.

    Args:
        name: What the argument is called in a message.
        shape: The shape that was given, a tuple.
        axes: The axes it should have, a tuple of names such as `("batch", "units")`.

    Raises:
        ValueError: If the shape has another rank, or an axis of length 0.
    """
    wanted = f"({', '.join(axes)})" if len(axes) > 1 else f"({axes[0]},)"
    if len(shape) != len(axes):
        raise ValueError(
            f"{name} must have shape {wanted}, so rank {len(axes)}; got rank "
            f"{len(shape)}, shape {tuple(shape)}."
        )
    if 0 in shape:
        raise ValueError(
            f"{name} must have shape {wanted} with at least one entry on each axis; "
            f"got shape {tuple(shape)}."
        )


def check_labeled(name, values):
    """Refuse what is not a dict from labels to what is to be drawn.

    Args:
        name: What the argument is called in a message.
        values: What was given for it.

    Raises:
        ValueError: If `values` is not a dict.
    """
    if not isinstance(values, dict):
        raise ValueError(
            f'{name} must be a dict from labels to what is drawn, such as {{"plain": '
            f"...}}; got {type(values).__name__}."
        )
