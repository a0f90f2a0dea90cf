"""What a process leaves behind when it is killed."""

from apps.authentication.models import User
from apps.orders.models import OrderStatus
from apps.orders.services import OrderLine, place_order
from apps.payments.models import FakeCharge, Payment
from apps.payments.services import start_payment
from apps.products.models import Product
from tests.processes import Site, wait_until


def test_a_payment_whose_worker_is_killed_is_finished_once_by_another(
    site: Site, customer: User, products: list[Product]
) -> None:
    order = place_order(customer=customer, lines=[OrderLine(products[0].public_id, 1)])
    payment = start_payment(order=order, method="fake_slow")

    doomed = site.start_worker(APP_TASK_CLAIM_TIMEOUT="2", APP_FAKE_GATEWAY_LATENCY="600")
    wait_until(FakeCharge.objects.exists)
    doomed.kill()
    site.start_worker(APP_TASK_CLAIM_TIMEOUT="2", APP_FAKE_GATEWAY_LATENCY="0")

    def is_paid() -> bool:
        order.refresh_from_db()
        return order.status == OrderStatus.PAID

    wait_until(is_paid)
    assert FakeCharge.objects.count() == 1
    assert Payment.objects.get(pk=payment.pk).attempts == 2
