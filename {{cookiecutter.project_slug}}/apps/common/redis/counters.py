"""Counters of requests in Redis, for all processes together."""

from collections.abc import Sequence

from django.conf import settings
from limits import RateLimitItem

from apps.common.redis.connections import async_client, client
from apps.common.redis.outages import Dispensable
from apps.common.throttling import Count

# Count a request in a sliding window, in one step. Of the requests in the window before, as many
# count as the part of it that the window still covers.
# KEYS: of a caller and a limit. ARGV: requests admitted, seconds of a window.
# Returns whether this one is, how many more would be, and the milliseconds until one more would.
SCRIPT = """
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local number = math.floor(now / window)
local counts = redis.call('HMGET', KEYS[1], 'number', 'this', 'last')
local this, last = 0, 0
if tonumber(counts[1]) == number then
    this, last = tonumber(counts[2]), tonumber(counts[3])
elseif tonumber(counts[1]) == number - 1 then
    last = tonumber(counts[2])
end
local left = (number + 1) * window - now
local used = math.floor(last * left / window) + this
local admitted = used < limit
if admitted then
    redis.call('HSET', KEYS[1], 'number', number, 'this', this + 1, 'last', last)
    redis.call('EXPIRE', KEYS[1], 2 * window)
    used = used + 1
end
local reset = last > 0 and left % (window / last) or left
return {admitted and 1 or 0, math.max(0, limit - used), math.ceil(reset * 1000)}
"""

outage = Dispensable("rate limits")


class RedisCounters:
    """Counts the requests to all processes; while Redis is away, nobody does."""

    def count(self, limit: RateLimitItem, scope: str, caller: str) -> Count | None:
        """Count a request."""
        arguments = _arguments(limit, scope, caller)
        return outage.ask(lambda: _count(client().eval(SCRIPT, 1, *arguments)), None)

    async def count_async(self, limit: RateLimitItem, scope: str, caller: str) -> Count | None:
        """Count a request without holding up the event loop."""

        async def question() -> Count:
            redis = await async_client()
            return _count(await redis.eval(SCRIPT, 1, *_arguments(limit, scope, caller)))

        return await outage.ask_async(question, None)


def _arguments(limit: RateLimitItem, scope: str, caller: str) -> tuple[str, int, int]:
    key = f"{settings.REDIS_PREFIX}:limits:{scope}:{limit.get_expiry()}:{caller}"
    return key, limit.amount, limit.get_expiry()


def _count(reply: Sequence[int]) -> Count:
    admitted, remaining, milliseconds = reply
    return Count(bool(admitted), remaining, milliseconds / 1000)
