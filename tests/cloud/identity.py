"""A certificate and its key, made by openssl: enough of an identity to be loaded."""
import pathlib
import subprocess
import tempfile


def make():
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = pathlib.Path(folder) / "key", pathlib.Path(folder) / "certificate"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/OU=client/CN=listener", "-days", "30", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        return certificate.read_text(), key.read_text()
