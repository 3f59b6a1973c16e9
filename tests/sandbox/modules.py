"""Writes modules of WebAssembly byte by byte, where a text would be too long."""


def leb(number: int) -> bytes:
    """An unsigned LEB128 number."""
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def module(body: bytes, functions: int = 1, variables: int = 0) -> bytes:
    """A module of so many functions, all with the same body and so many i32 variables, that return an i32."""
    declared = leb(1) + leb(variables) + b"\x7f" if variables else b"\0"
    function = declared + body + b"\x0b"
    sections = {
        1: b"\x01\x60\x00\x01\x7f",
        3: leb(functions) + b"\0" * functions,
        7: b"\x01\x03run\x00\x00",
        10: leb(functions) + (leb(len(function)) + function) * functions,
    }
    return b"\0asm\1\0\0\0" + b"".join(bytes([n]) + leb(len(data)) + data for n, data in sections.items())
