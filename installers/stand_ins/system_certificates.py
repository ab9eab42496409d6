"""Runs first in the packaged program: the certificates of this system for downloads.

OpenSSL looks where the system that built it keeps them; each family of Linux has its own place.
"""

import os

_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_found = next((place for place in _PLACES if os.path.isfile(place)), None)
if _found is not None:
    os.environ.setdefault("SSL_CERT_FILE", _found)
