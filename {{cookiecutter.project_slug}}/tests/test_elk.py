"""What Logstash hears of a new customer's way through the shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.products.models import Product
from tests.elk import departures
from tests.journey import NewCustomer
from tests.logstash import Logstash
from tests.processes import Site, wait_until


@pytest.fixture
def logstash() -> Iterator[Logstash]:
    with Logstash() as logstash:
        yield logstash


@pytest.fixture
def site(transactional_db: None, tmp_path: Path, logstash: Logstash) -> Iterator[Site]:
    """A real server and a real worker that ship their logs."""
    shipping = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test_with_elk",
        "APP_LOGSTASH_URL": logstash.url,
    }
    with Site(tmp_path, **shipping) as site:
        site.start_worker()
        yield site


def test_every_log_line_of_a_journey_arrives_fits_the_schema_and_shows_no_secret(
    site: Site, logstash: Logstash, version: str, products: list[Product]
) -> None:
    ann = NewCustomer(site.url, site.worker_log.read_text, version)
    ann.register()
    ann.verify()
    ann.log_in()
    order = ann.order(*ann.search("shirt"))
    payment = ann.pay(order, "fake_webhook_success").raise_for_status()
    ann.wait_for_mail(order["id"])
    ann.request("GET", "products/none-such/")

    written = site.log_lines()
    wait_until(lambda: all(line in logstash.lines for line in written))

    assert {line["log.logger"] for line in written} >= {"access", "apps.common.worker"}
    assert [(line, found) for line in written if (found := list(departures(line)))] == []
    secrets = {*ann.confidential, ann.email}
    shown = [{**line, "@timestamp": ""} for line in written]
    assert [line for line in shown if any(secret in str(line) for secret in secrets)] == []
    request_id = payment.headers["X-Request-ID"]
    of_payment = [line["labels"] for line in written if line.get("http.request.id") == request_id]
    assert any({"task_id", "event_id"} <= labels.keys() for labels in of_payment)
