"""The version, in one place: the package, the window and the installer read it here."""

__version__ = "0.1.0"
