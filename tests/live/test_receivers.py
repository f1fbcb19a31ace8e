"""Where notices go (`wayseal.live.receivers`)."""

import hashlib
import hmac
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from tests.live.brokers import ask_nats, make_stream, make_topic, nats_server, tansu
from tests.live.noticed import ABOUT, NOTICE, withdrawn
from tests.server.running import authority
from tests.tables import each
from wayseal.live import receivers
from wayseal.live.errors import ReceiverError
from wayseal.live.notices import Send
from wayseal.live.receivers import Body, Receiver, finding, make_receivers, read_receivers

SECRET = b"0123456789abcdef"


def made(url: str, **more: Any) -> Send:
    return make_receivers({"one": Receiver(url=url, **more)}, lambda _notice: ABOUT)["one"]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(SECRET + b"\n")
    return path


class Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web(answer: int = 204) -> Iterator[Any]:
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.got, server.answer = [], answer
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def private(text: str) -> bool:
    """Neither the account nor the parcel stands in it."""
    return "u-1042" not in text and "YT0000000000001" not in text


def test_a_webhook_is_signed_and_says_no_name(secret: Path) -> None:
    with web() as server:
        send = made(f"http://127.0.0.1:{server.server_port}/hook", secret_file=secret)
        assert send(NOTICE)
    ((path, headers, body),) = server.got
    stamp, _, signature = headers["Wayseal-Signature"].removeprefix("t=").partition(",v1=")
    assert signature == hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert (path, headers["Wayseal-Notice"]) == ("/hook", "n1")
    told = json.loads(body)
    assert (told["actors"], told["case"], told["probability"]) == (["p-3kx7-q2mf-9c4t"], "c-17", 0.97)
    assert told["reasons"][0] == {"detector": "volume", "value": 240, "usual": 90}
    assert private(body.decode())


def test_what_the_web_does_not_take_waits(secret: Path) -> None:
    for answer in (301, 302, 307, 400, 401, 429, 500):
        with web(answer) as server:
            assert not made(f"http://localhost:{server.server_port}/", secret_file=secret)(NOTICE)
        assert len(server.got) == 1
    assert not made(f"http://127.0.0.1:{server.server_port}/", secret_file=secret)(NOTICE)


def test_a_collector_of_ocsf_gets_its_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("Splunk 0f3c\n")
    with web(200) as server:
        url = f"http://127.0.0.1:{server.server_port}/services/collector/raw"
        assert made(url, format=Body.OCSF, authorization_file=token)(NOTICE)
    ((_, headers, body),) = server.got
    assert (headers["Authorization"], headers.get("Wayseal-Signature")) == ("Splunk 0f3c", None)
    assert json.loads(body)["class_uid"] == 2004


def test_findings_are_those_of_ocsf() -> None:
    raised, gone = finding(NOTICE, ABOUT), finding(withdrawn("n2", "n1"), ABOUT)
    for one in (raised, gone):
        DetectionFinding(**one)
        assert private(json.dumps(one))
    assert [one["activity_name"] for one in (raised, gone)] == ["Create", "Close"]
    assert raised["finding_info"]["uid"] == gone["finding_info"]["uid"] == "n1"
    assert (raised["severity"], gone["status"]) == ("Critical", "Resolved")
    assert raised["evidences"][0]["actor"]["user"]["uid"] == "p-3kx7-q2mf-9c4t"


def test_syslog_by_datagrams() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as place:
        place.bind(("127.0.0.1", 0))
        place.settimeout(10)
        assert made(f"syslog+udp://127.0.0.1:{place.getsockname()[1]}", format=Body.OCSF)(NOTICE)
        message = place.recv(65_536).decode()
    head, _, body = message.partition(" - {")
    assert head.startswith("<82>1 2")
    assert head.split(" ")[3:] == ["wayseal", "-", "n1"]
    assert json.loads("{" + body)["finding_info"]["uid"] == "n1"
    assert private(message)


def received(place: socket.socket, secure: ssl.SSLContext | None) -> bytes:
    """All that comes by one connection."""
    plain, _ = place.accept()
    plain.settimeout(10)
    with secure.wrap_socket(plain, server_side=True) if secure else plain as line:
        return b"".join(iter(lambda: line.recv(65_536), b""))


@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_syslog_by_a_connection(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secure = None
    if way == "tls":
        signer = authority(tmp_path, "signer")
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(*signer.sign("localhost")[:2])
        monkeypatch.setenv("SSL_CERT_FILE", str(signer.file))
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as place:
        thread = threading.Thread(target=lambda: got.append(received(place, secure)))
        thread.start()
        assert made(f"syslog+{way}://localhost:{place.getsockname()[1]}", format=Body.OCSF)(NOTICE)
        thread.join()
        port = place.getsockname()[1]
    size, _, message = got[0].partition(b" ")
    assert int(size) == len(message)
    assert message.startswith(b"<82>1 ")
    assert not made(f"syslog+{way}://127.0.0.1:{port}", format=Body.OCSF)(NOTICE)


def test_a_subject_of_nats(tmp_path: Path) -> None:
    with nats_server(tmp_path) as broker:
        send = made(f"nats://{broker.address}/reads.notices")
        assert not send(NOTICE)
        make_stream(broker)
        assert send(NOTICE)
        assert send(NOTICE)

        async def look(stream: Any) -> Any:
            held = (await stream.stream_info(broker.stream)).state.messages
            return held, (await stream.get_msg(broker.stream, seq=1)).data

        count, body = ask_nats(broker, look)
        assert count == 1
        assert json.loads(body)["notice"] == "n1"
    assert not send(NOTICE)


def test_a_topic_of_kafka() -> None:
    from confluent_kafka import Consumer, TopicPartition

    with tansu() as broker:
        make_topic(broker, "notices", 1)
        assert made(f"kafka://{broker.address}/notices", format=Body.OCSF)(NOTICE)
        consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "t", "auto.offset.reset": "earliest"})
        consumer.assign([TopicPartition("notices", 0, 0)])
        message = consumer.poll(10)
        consumer.close()
        assert message is not None
        assert message.key() == b"n1"
        assert json.loads(message.value() or b"")["class_name"] == "Detection Finding"


def test_a_topic_that_nobody_serves_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivers, "SECONDS", 0.1)
    for place in ("127.0.0.1:1", "127.0.0.1:1,127.0.0.1:2"):
        assert not made(f"kafka://{place}/notices")(NOTICE)


REFUSED = (
    ("https://soc.example/x", "", "secret_file or authorization_file"),
    ("http://soc.example/x", "secret_file", "https"),
    ("https://li:x@soc.example/x", "secret_file", "address"),
    ("ftp://soc.example/x", "", "address"),
    ("https://", "secret_file", "address"),
    ("https://soc.example:x/", "secret_file", "address"),
    ("syslog+udp://siem.example:514", "ocsf secret_file", "go with"),
    ("syslog+udp://siem.example:514", "", "ocsf"),
    ("syslog+udp://siem.example", "ocsf", "address"),
    ("kafka://b:9092", "", "address"),
    ("kafka://b:9092,c:x/a", "", "address"),
    ("nats://[::1/a", "", "address"),
    ("nats://b:4222/a b", "", "address"),
    ("https://soc.example/", "absent", "can't be read"),
    ("https://soc.example/", "short", "16"),
    ("https://soc.example/", "lines", "one line"),
)


@each(["url", "words", "text"], REFUSED)
def test_what_cannot_be_is_refused(tmp_path: Path, url: str, words: str, text: str) -> None:
    files = {"secret_file": SECRET, "short": b"x", "lines": b"a\nb"}
    given: dict[str, Any] = {"format": Body.OCSF} if "ocsf" in words else {}
    for word in {*words.split()} - {"ocsf"}:
        given["secret_file"] = tmp_path / word
        if word in files:
            given["secret_file"].write_bytes(files[word])
    with pytest.raises(ReceiverError, match=text) as caught:
        made(url, **given)
    assert caught.value.key == "one"
    assert SECRET.decode() not in str(caught.value)


def test_a_file_of_receivers(tmp_path: Path, secret: Path) -> None:
    path = tmp_path / "receivers.toml"
    path.write_text(f'[soc]\nurl = "https://soc.example/"\nsecret_file = "{secret}"\n'
                    '[siem]\nurl = "syslog+tls://siem.example:6514"\nformat = "ocsf"\n')  # fmt: skip
    found = read_receivers(path)
    assert [*make_receivers(found, lambda _notice: ABOUT)] == ["soc", "siem"]
    assert found["soc"].secret_file == secret
    for text, line in (('[soc]\nurl = "https://a/"\nformat = "x"', 3), ('[soc]\nsecret = "x"', 2), ("soc = 1", 1)):
        path.write_text(text)
        with pytest.raises(ReceiverError) as caught:
            read_receivers(path)
        assert caught.value.line == line
    with pytest.raises(ReceiverError, match="can't be read"):
        read_receivers(tmp_path / "none")
