"""The OQL language: parse, check, compile and run programs. Opens no connection and reads no clock by itself."""

__version__ = "0.1.0"
