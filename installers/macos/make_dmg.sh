#!/usr/bin/env bash
# A disk image to drag the application from: make_dmg.sh facemotion.app OUT.dmg
# SIGN_IDENTITY names a Developer ID certificate of the keychain; without one the signature is ad hoc,
# and macOS asks before the first start.
set -euo pipefail
app="$1"
image="$2"
here="$(cd "$(dirname "$0")" && pwd)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

codesign --force --deep --options runtime --entitlements "$here/entitlements.plist" \
    --sign "${SIGN_IDENTITY:--}" "$app"
codesign --verify --deep --strict "$app"
ditto "$app" "$folder/$(basename "$app")"
ln -s /Applications "$folder/Applications"
rm -f "$image"
hdiutil create -quiet -volname facemotion -srcfolder "$folder" -format UDZO -fs HFS+ "$image"
