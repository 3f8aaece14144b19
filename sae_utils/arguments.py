"""Checks of arguments that several modules take."""


def check_whole(name, number):
    """Refuse what is not a whole number of at least 1.

    Args:
        name: What the argument is called in a message.
        number: What was given for it.

    Raises:
        ValueError: If `number` is not an int, or below 1.
    """
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    if not is_whole or number < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {number!r}.")
