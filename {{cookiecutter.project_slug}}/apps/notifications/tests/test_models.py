from apps.notifications.models import Notification


def test_a_notification_says_what_was_sent_to_whom() -> None:
    notification = Notification(kind=Notification.Kind.SOLD_OUT, recipient="ada@example.com")
    assert str(notification) == "sold_out to ada@example.com"
