"""Gateways that behave as badly as real ones sometimes do."""

from apps.payments import services
from apps.payments.gateways.base import (
    ChargeRequest,
    ChargeResult,
    GatewayUnavailable,
    PaymentGateway,
)
from apps.payments.gateways.fake import FakeGateway


class WorkerKilledError(BaseException):
    """The end of the process, as far as the code under test can tell."""


class CrashingGateway(FakeGateway):
    """Charges; then the worker dies before it can write down the answer."""

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Charge, and never return."""
        super().charge(request)
        raise WorkerKilledError


class DownGateway(FakeGateway):
    """Cannot be reached."""

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Fail."""
        raise GatewayUnavailable(f"{request.payment_id} never arrived.")


class HastyGateway(FakeGateway):
    """Its webhook overtakes its answer."""

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Report the decision, and then answer that it is pending."""
        answer, decision = super().charge(request), super().charge(request)
        services.settle_payment(
            payment_id=request.payment_id, outcome=decision.outcome, reference=decision.reference
        )
        return answer


class RivalGateway(FakeGateway):
    """Another company, which has never heard of our earlier payments."""

    name = "rival"


class UnfinishedGateway(PaymentGateway):
    """An adapter that cannot do anything yet."""

    name = "unfinished"
