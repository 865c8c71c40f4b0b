"""A self-signed certificate of this machine, which is its own authority."""

import subprocess
from pathlib import Path

from tests.support.servers.programs import find_program


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Its key and itself."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    command = [find_program("openssl", "openssl"), "req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return key, certificate
