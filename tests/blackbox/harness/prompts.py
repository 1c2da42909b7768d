"""Prompts that are long enough for the prefix index to tell them apart."""


def prompt(seed):
    """Some 8 KiB that share nothing with another seed's."""
    return " ".join(f"{seed}-{number:04}" for number in range(1000))
