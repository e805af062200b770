"""The server of a local teacher: a process on this machine, which ends with the one that started it."""

import http.client
import logging
import re
import secrets
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from stages.core.exceptions import SourceError, one_line
from stages.core.runtime import Runtime, scratch
from stages.instructor.local import supervisor
from stages.instructor.local.engine import HOST, Engine
from stages.llm import keys
from stages.llm.remedies import LOCAL
from stages.llm.service import Endpoint
from stages.model import devices
from stages.model.engines import vllm

_START_TIMEOUT = 1800.0  # seconds
_END_TIMEOUT = 30.0
_EVERY = 20.0  # seconds between two log lines
_KILLED = 137  # exit status after SIGKILL
# Errors as Python and vLLM write them; what only says that another process failed is of no use.
_ERROR = re.compile(r"\b(?!RuntimeError: Engine core init)(?:\w+\.)*\w*(?:Error|Exception): .+")
_CHILD_KILLED = re.compile(r"Failed core proc\(s\): .*-9|SIGKILL|exit code:? -9")

logger = logging.getLogger(__name__)


class TeacherServer:
    """A server that answers on a free port of the loopback interface."""

    def __init__(self, engine: Engine, folder: Path, name: str, runtime: Runtime) -> None:
        """Start the server of the model in `folder`, and wait until it answers; `name` is that of its log.

        Raises:
            SourceError: it does not start.
        """
        self._engine = engine.identity
        self._log = scratch("teacher", f"{name}.log")
        self._port = _free_port()
        model, command = engine.serving(folder, self._port)
        self.endpoint = Endpoint(f"http://{HOST}:{self._port}/v1", secrets.token_hex(16), model, LOCAL)
        self._process = self._start(command, runtime)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def check(self) -> None:
        """See that the server answers, or wait for its end.

        Raises:
            SourceError: it has ended.
        """
        if not self._answers():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_TIMEOUT)
        self._raise_if_over()

    def _raise_if_over(self) -> None:
        status = self._process.poll()
        if status is None:
            return
        log = self._log.read_text(errors="replace")
        reasons = _ERROR.findall(log) or log.strip().splitlines()[-1:] or ["it wrote nothing"]
        reason = one_line(reasons[0])[:300]
        if status == _KILLED or _CHILD_KILLED.search(log):
            reason = (
                "it was killed, as the system does where memory runs out: lower runtime.vllm.memory_gb, take a smaller "
                "model, or end other programs"
            )
        raise SourceError(f"the teacher's server, {self._engine}, ended with status {status}: {reason} ({self._log})")

    def close(self) -> None:
        """End the server with all of its processes."""
        assert self._process.stdin  # a pipe
        self._process.stdin.close()
        vllm.await_end(self._process)

    def _start(self, command: list[str], runtime: Runtime) -> subprocess.Popen[bytes]:
        environment = vllm.environment(runtime) | {"VLLM_API_KEY": self.endpoint.key, "VLLM_NO_USAGE_STATS": "1"}
        environment.pop(keys.NAME, None)
        with self._log.open("wb") as log:
            # In a session of its own: what interrupts this process reaches it as the end of its input.
            return subprocess.Popen(
                [sys.executable, "-P", supervisor.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                pass_fds=devices.reserve(runtime.device),
            )

    def _wait(self) -> None:
        started, lines = time.monotonic(), 0
        while not self._answers():
            self._raise_if_over()
            waited = time.monotonic() - started
            if waited > _START_TIMEOUT:
                raise SourceError(
                    f"the teacher's server, {self._engine}, does not answer after {waited:.0f} s; see {self._log}"
                )
            if waited >= lines * _EVERY:
                logger.info("starting the teacher, %s: %.0f s", self._engine, waited)
                lines += 1
            time.sleep(0.2)

    def _answers(self) -> bool:
        """Return whether this server answers, and not another program that was quicker to take the port."""
        with closing(http.client.HTTPConnection(HOST, self._port, timeout=10)) as connection:
            try:
                connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {self.endpoint.key}"})
                reply = connection.getresponse()
                return reply.status == http.HTTPStatus.OK and self.endpoint.model in reply.read().decode()
            except (OSError, http.client.HTTPException):
                return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
