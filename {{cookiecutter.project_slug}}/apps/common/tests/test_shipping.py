"""Log lines on their way to Logstash."""

import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from ssl import SSLCertVerificationError

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from apps.common.elk.lumberjack import Connection
from apps.common.elk.shipping import BATCH, ShippedStream, Shipper
from config.environment import BASE_DIR
from tests.logstash import Logstash
from tests.processes import free_port, wait_until

OFTEN = 0.01  # seconds
IN_A_CHILD = """
import os, sys, time
from prometheus_client import REGISTRY
from apps.common.elk.lumberjack import Connection
from apps.common.elk.shipping import Shipper
shipper = Shipper(Connection(sys.argv[1]), interval=0.01)
shipper.offer('"parent"')
while not REGISTRY.get_sample_value("logs_shipped_total"):
    time.sleep(0.01)
name = "parent" if os.fork() else "child"
shipper.offer(f'"{name} after the fork"')
shipper.stop()
if name == "parent":
    os.wait()
"""


@pytest.fixture
def logstash() -> Iterator[Logstash]:
    with Logstash() as logstash:
        yield logstash


@pytest.fixture
def shipper(logstash: Logstash) -> Iterator[Shipper]:
    shipper = Shipper(Connection(logstash.url), interval=OFTEN)
    yield shipper
    shipper.stop()


def figure(name: str) -> float:
    return REGISTRY.get_sample_value(f"logs_{name}_total") or 0


def test_a_line_is_written_and_shipped(logstash: Logstash, shipper: Shipper) -> None:
    stream = StringIO()
    ShippedStream(stream, shipper).write('{"message": "paid"}\n')
    assert stream.getvalue() == '{"message": "paid"}\n'
    wait_until(lambda: logstash.lines == [{"message": "paid"}])


def test_lines_arrive_in_their_order_over_one_connection(
    logstash: Logstash, shipper: Shipper
) -> None:
    before, numbers = figure("shipped"), list(range(3 * BATCH))
    for number in numbers:
        shipper.offer(str(number))
    wait_until(lambda: figure("shipped") == before + len(numbers))
    assert (logstash.lines, logstash.connections) == (numbers, 1)


def test_nobody_waits_for_a_logstash_that_does_not_answer(
    logstash: Logstash, shipper: Shipper
) -> None:
    logstash.listens.clear()
    shipper.offer("0")
    wait_until(lambda: logstash.connections)
    for number in range(1, 10_000):
        shipper.offer(str(number))
    assert logstash.lines == []

    logstash.listens.set()
    wait_until(lambda: len(logstash.lines) == 10_000)


def test_what_finds_no_room_is_counted_and_told_of(logstash: Logstash) -> None:
    before = figure("dropped")
    shipper = Shipper(Connection(logstash.url), capacity=10, interval=OFTEN)
    logstash.listens.clear()
    with capture_logs() as log:
        for _ in range(5):
            shipper.offer("1234")
        assert figure("dropped") == before + 3

        logstash.listens.set()
        wait_until(lambda: log)
        shipper.stop()
    assert logstash.lines == [1234, 1234]
    assert log == [{"event": "logs dropped", "lines": 3, "log_level": "warning"}]


def test_lines_wait_for_a_logstash_that_is_not_there_yet() -> None:
    port = free_port()
    shipper = Shipper(Connection(f"tcp://127.0.0.1:{port}"), interval=OFTEN)
    with capture_logs() as log:
        shipper.offer("1")
        wait_until(lambda: log)
    assert log[0]["event"] == "logstash unavailable"
    with Logstash(port) as logstash:
        wait_until(lambda: logstash.lines)
        shipper.stop()


def test_what_was_not_acknowledged_is_sent_again(logstash: Logstash, shipper: Shipper) -> None:
    logstash.listens.clear()
    shipper.offer("1")
    wait_until(lambda: logstash.connections == 1)
    logstash.hang_up()
    wait_until(lambda: logstash.connections == 2)
    logstash.listens.set()
    wait_until(lambda: logstash.lines)


def test_that_logstash_hangs_up_when_there_is_nothing_to_say_is_no_failure(
    logstash: Logstash, shipper: Shipper
) -> None:
    with capture_logs() as log:
        shipper.offer("1")
        wait_until(lambda: logstash.lines == [1])
        logstash.hang_up()
        shipper.offer("2")
        wait_until(lambda: logstash.lines == [1, 2])
    assert log == []


def test_what_is_left_in_the_end_is_delivered(logstash: Logstash) -> None:
    shipper = Shipper(Connection(logstash.url), interval=3600)
    shipper.offer("1")
    shipper.stop()
    wait_until(lambda: logstash.lines == [1])


def test_what_cannot_be_delivered_in_the_end_is_told_of() -> None:
    shipper = Shipper(Connection(f"tcp://127.0.0.1:{free_port()}"), interval=3600)
    shipper.offer("1")
    with capture_logs() as log:
        shipper.stop()
    assert log == [{"event": "logs not shipped", "lines": 1, "log_level": "warning"}]


def test_with_tls_lines_go_to_nobody_whose_certificate_is_not_trusted(tmp_path: Path) -> None:
    script = str(BASE_DIR / "infra/elk/secrets.sh")
    subprocess.run(["sh", script, tmp_path], check=True)  # noqa: S603, S607 - the project's own
    with Logstash(secrets=tmp_path) as logstash:
        with pytest.raises(SSLCertVerificationError):
            Connection(logstash.url).send([b"1"])
        trusting = Connection(logstash.url, authority=tmp_path / "ca.crt")
        trusting.send([b"2"])
        trusting.close()
        wait_until(lambda: logstash.lines == [2])


def test_a_process_that_forks_ships_each_line_once(logstash: Logstash) -> None:
    program = [sys.executable, "-W", "ignore", "-c", IN_A_CHILD, logstash.url]
    subprocess.run(program, check=True)  # noqa: S603 - the lines above
    wait_until(lambda: len(logstash.lines) == 3)
    assert {*map(str, logstash.lines)} == {
        "parent",
        "parent after the fork",
        "child after the fork",
    }
