"""What Windows and macOS show about the program in their file properties."""

import sys
from typing import Any

CAMERA_REASON = (
    "facemotion finds faces in the camera's picture. The picture stays on this computer."
)


def windows_resource(version: str) -> Any:
    """The version resource of the executables; None on other systems."""
    if sys.platform != "win32":
        return None
    from PyInstaller.utils.win32.versioninfo import (
        FixedFileInfo,
        StringFileInfo,
        StringStruct,
        StringTable,
        VarFileInfo,
        VarStruct,
        VSVersionInfo,
    )

    numbers = four_numbers(version)
    texts = {
        "CompanyName": "The facemotion authors",
        "FileDescription": "facemotion",
        "FileVersion": version,
        "LegalCopyright": "The facemotion authors, MIT licence",
        "ProductName": "facemotion",
        "ProductVersion": version,
    }
    table = StringTable("040904B0", [StringStruct(name, text) for name, text in texts.items()])
    return VSVersionInfo(
        ffi=FixedFileInfo(filevers=numbers, prodvers=numbers),
        kids=[StringFileInfo([table]), VarFileInfo([VarStruct("Translation", [0x0409, 1200])])],
    )


def four_numbers(version: str) -> tuple[int, int, int, int]:
    """The version as Windows wants it: four numbers, whatever follows them left out."""
    numbers = [int(part) for part in version.split(".") if part.isdecimal()]
    first, second, third, fourth, *_ = [*numbers, 0, 0, 0, 0]
    return first, second, third, fourth


def mac_properties(version: str) -> dict[str, Any]:
    """Entries of the bundle's Info.plist; without the camera's reason macOS ends the program."""
    return {
        "CFBundleShortVersionString": version,
        "LSApplicationCategoryType": "public.app-category.video",
        "LSBackgroundOnly": False,
        "LSMinimumSystemVersion": "13.0",
        "NSCameraUsageDescription": CAMERA_REASON,
        "NSHighResolutionCapable": True,
        "NSPrincipalClass": "NSApplication",
    }
