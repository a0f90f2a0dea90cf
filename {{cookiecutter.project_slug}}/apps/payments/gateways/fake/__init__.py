"""A bank that exists only here: behaves like a gateway, moves no money.

The payment method decides what happens:

| method | answer |
|---|---|
| `fake_success` | succeeds |
| `fake_decline`, or any unknown one | declines |
| `fake_timeout` | never answers |
| `fake_slow` | charges, then takes `FAKE_GATEWAY_LATENCY` seconds to say so |
| `fake_webhook_success`, `fake_webhook_decline` | pending, then calls back with a signed webhook |
"""

from apps.payments.gateways.fake.gateway import FakeGateway

__all__ = ["FakeGateway"]
