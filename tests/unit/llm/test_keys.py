"""Where the key comes from, and that it never comes out."""

import logging

import pytest

from stages.core.exceptions import SourceError
from stages.llm.keys import api_key, redact
from tests.batch_server import BatchServer, Ending
from tests.chat_server import ChatServer, completion, error
from tests.unit.llm.conftest import KEY

FILES = {
    "plain": "OPENAI_API_KEY=sk-file",
    "quoted": 'OTHER=1\nOPENAI_API_KEY="sk-file"  # mine',
    "single quotes": "OPENAI_API_KEY='sk-file'",
    "exported": "# keys\nexport OPENAI_API_KEY=sk-file",
}


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_key_is_read_from_env_file(nowhere, text):
    (nowhere / "work" / ".env").write_text(text)
    assert api_key() == "sk-file"


def test_env_file_of_the_repository_counts_for_experiments_that_run_elsewhere(nowhere, monkeypatch):
    (nowhere / ".env").write_text(FILES["plain"])
    monkeypatch.setenv("DVC_ROOT", str(nowhere))
    assert api_key() == "sk-file"


def test_environment_comes_before_the_file(nowhere, monkeypatch):
    (nowhere / "work" / ".env").write_text(FILES["plain"])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    assert api_key() == "sk-environment"


@pytest.mark.usefixtures("nowhere")
def test_missing_key_is_one_line_that_says_where_to_put_it():
    with pytest.raises(SourceError, match=r"^OPENAI_API_KEY is not set: export it or write `OPENAI_API_KEY=\.\.\.`"):
        api_key()


SPACED = {"newline": "sk-file\n", "Windows line": "sk-file\r\n", "spaces": " sk-file "}


@pytest.mark.parametrize("text", SPACED.values(), ids=SPACED.keys())
@pytest.mark.usefixtures("nowhere")
def test_space_around_the_key_is_not_part_of_it(monkeypatch, text):
    monkeypatch.setenv("OPENAI_API_KEY", text)
    assert api_key() == "sk-file"


UNFIT = {
    "line break": "sk-planted\nsecret", "return": "sk-planted\rsecret", "space": "sk-planted secret",
    "curly quotes": "“sk-planted-secret”", "control character": "sk-planted\x1bsecret",
}  # fmt: skip


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT.keys())
def test_key_that_no_header_can_carry_is_refused_without_being_shown(ask, monkeypatch, caplog, text):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", text)
    line = r"^OPENAI_API_KEY in the environment holds a space, a line break, or .* \(it is not shown here\)$"
    with ChatServer(echoing) as server, pytest.raises(SourceError, match=line) as refused:
        ask(server, [0])
    assert server.keys == []
    assert "planted" not in caplog.text + str(refused.value)


def test_unfit_key_in_env_file_is_refused_with_the_name_of_the_file(nowhere):
    (nowhere / "work" / ".env").write_bytes(b"OPENAI_API_KEY=sk-planted\x00secret\n")
    with pytest.raises(SourceError, match=r"^OPENAI_API_KEY in \.env holds a space"):
        api_key()


ECHOES = {
    "whole": (f"Incorrect API key provided: {KEY}.", "Incorrect API key provided: [key]."),
    "masked": ("Incorrect key: sk-pl***********cdef.", "Incorrect key: [key]."),
    "beginning": ("The key sk-planted-01 is wrong", "The key [key] is wrong"),
    "masked by one star": ("Incorrect key `sk-planted-01*cdef`", "Incorrect key `[key]`"),
    "masked by dots": ("Incorrect key sk-•••••cdef and sk-…[truncated]", "Incorrect key [key] and [key][truncated]"),
    "beginning and a mask": ("<sk-planted-0123***>", "<[key]>"),
    "in a query": (f"/v1?key={KEY[:12]}&x=1", "/v1?key=[key]&x=1"),
    "in brackets": (f"[{KEY[3:15]}] {{{KEY[5:]}}} x/{KEY[:9]}", "[[key]] {[key]} x/[key]"),
    "arithmetic": ("2 * 3 = 6, 2**3 = 8, 3*4 ... and so on", "2 * 3 = 6, 2**3 = 8, 3*4 ... and so on"),
    "none": ("The model `teacher` does not exist", "The model `teacher` does not exist"),
    "short words": ("sk is no key", "sk is no key"),
}


@pytest.mark.parametrize(("text", "expected"), ECHOES.values(), ids=ECHOES.keys())
def test_traces_of_the_key_are_taken_out(text, expected):
    assert redact(text, KEY) == expected


def test_text_for_a_server_without_a_key_is_no_secret():
    assert redact("a maximum of 4096", "a") == "a maximum of 4096"


def test_env_file_that_is_not_utf8_is_one_line(nowhere):
    (nowhere / "work" / ".env").write_bytes("# Schlüssel\nOPENAI_API_KEY=sk-file".encode("latin-1"))
    with pytest.raises(SourceError, match=r"^\.env: not UTF-8; save it as UTF-8, or export OPENAI_API_KEY$"):
        api_key()


def echoing(body):
    """Fail with the key in the message, as servers do, for every second request."""
    bad = body["messages"][-1]["content"] in {"1", "3"}
    return error(400, "bad", f"Key {KEY} may not") if bad else completion("yes")


SERVERS = {
    "online": lambda: ChatServer(echoing),
    "online, wrong key": lambda: ChatServer(lambda _: error(401, "invalid_api_key", f"Incorrect API key: {KEY}")),
    "batch": lambda: BatchServer(echoing),
    "batch, wrong key": lambda: BatchServer(echoing, [Ending("failed", 0, (("invalid_api_key", f"Bad {KEY}"),))]),
}


@pytest.mark.parametrize("name", SERVERS)
def test_planted_key_is_in_no_file_log_reply_or_error(ask, name, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    told = ""
    with SERVERS[name]() as server:
        try:
            replies = ask(server, [0, 1, 2, 3], mode=name.split(",")[0])
            told = repr(replies)
            assert "may not" in told
        except SourceError as failure:
            told = str(failure)
        assert set(server.keys) == {f"Bearer {KEY}"}
    out = capfd.readouterr()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    texts = [told, caplog.text, out.out, out.err, *(path.read_bytes().decode(errors="replace") for path in written)]
    assert [text for text in texts if KEY in text or KEY[3:] in text] == []
