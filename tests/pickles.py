"""Pickles, known by their bytes."""


def is_pickle(content: bytes) -> bool:
    """Tell a pickle of protocol 2 or later: the PROTO opcode, a version, and STOP at the end."""
    return len(content) > 3 and content[0] == 0x80 and content[1] in range(2, 6) and content.endswith(b".")
