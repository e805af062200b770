"""Real servers on this machine that a DVC remote can live on: sshd, WsgiDAV, and rclone's S3."""

import getpass
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
# rclone refuses short ones
KEY, SECRET = "a-key-of-the-test-suite", "a-secret-of-the-test-suite"


@dataclass(frozen=True)
class Remote:
    """`options` may be committed; `keys` are each user's own. `data` is the folder that the server keeps it in."""

    url: str
    options: dict[str, str]
    keys: dict[str, str]
    data: Path


@contextmanager
def ssh(folder: Path) -> Iterator[Remote]:
    """Run OpenSSH's server for the current user with a key of its own."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if sshd is None:
        pytest.skip("no OpenSSH server here: apt-get install openssh-server")
    data, port = folder / "store", free_port()
    data.mkdir()
    for name in ("host", "user"):
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(keygen, check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    config = {
        "Port": port, "ListenAddress": "127.0.0.1", "HostKey": folder / "host", "PidFile": folder / "pid",
        "AuthorizedKeysFile": folder / "authorized", "PasswordAuthentication": "no", "StrictModes": "no",
        "UsePAM": "no", "Subsystem": "sftp internal-sftp",
    }  # fmt: skip
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in config.items()))
    if getpass.getuser() == "root":
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd of root insists on it
    with running([sshd, "-D", "-e", "-f", str(folder / "config")], port, folder):
        keys = {"user": getpass.getuser(), "keyfile": str(folder / "user")}
        yield Remote(f"ssh://127.0.0.1:{port}{data}", {}, keys, data)


@contextmanager
def webdav(folder: Path) -> Iterator[Remote]:
    """Run WsgiDAV with one user."""
    data, port = folder / "store", free_port()
    (data / "sei").mkdir(parents=True)  # DVC makes folders below that of the URL, not that one
    (folder / "wsgidav.yaml").write_text(
        f"provider_mapping: {{/: {data}}}\nsimple_dc: {{user_mapping: {{'*': {{ann: {{password: {SECRET}}}}}}}}}\n"
    )
    command = [str(BIN / "wsgidav"), "--host", "127.0.0.1", "--port", str(port), "--config", "wsgidav.yaml"]
    with running(command, port, folder):
        yield Remote(f"webdav://127.0.0.1:{port}/sei", {}, {"user": "ann", "password": SECRET}, data)


@contextmanager
def s3(folder: Path) -> Iterator[Remote]:
    """Run rclone's S3 server with one key and one bucket."""
    data, port = folder / "store", free_port()
    (data / "bucket").mkdir(parents=True)
    command = [str(BIN / "rclone"), "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"]
    with running([*command, str(data)], port, folder):
        options = {"endpointurl": f"http://127.0.0.1:{port}"}
        yield Remote("s3://bucket/sei", options, {"access_key_id": KEY, "secret_access_key": SECRET}, data)


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until the block ends; it is ready once it listens."""
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(port, server, folder / "server.log")
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
