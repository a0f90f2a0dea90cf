"""Variables with which production starts."""

COMPLETE = {
    "APP_SECRET_KEY": "signing-key-of-a-shop-that-exists-in-tests-alone-1",
    "APP_JWT_SIGNING_KEY": "signing-key-of-tokens-that-exist-in-tests-alone-01",
    "APP_ALLOWED_HOSTS": "shop.example.com",
    "APP_BASE_URL": "https://shop.example.com",
    "APP_PAYMENT_GATEWAY": "apps.payments.gateways.fake.FakeGateway",
    "APP_PAYMENT_WEBHOOK_SECRET": "signing-key-of-webhooks-in-tests-1",
    "APP_STORAGE_BUCKET": "shop-uploads",
    "DATABASE_URL": "postgresql://shop:secret@db.example.com/shop?sslmode=verify-full",
    "EMAIL_URL": "smtp://shop:secret@mail.example.com:587",
}
