-- For wrk: what was measured, in one line of JSON. After `--`: a prefix for idempotency keys and the
-- public ids of products, and every request places an order for two of them.

local count = 0

function setup(thread)
    count = count + 1
    thread:set("number", count)
end

local function orders(prefix, products)
    local placed = number * 1000
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    return function()
        placed = placed + 1
        local first, second = products[placed % #products + 1], products[(placed + 1) % #products + 1]
        wrk.headers["Idempotency-Key"] = prefix .. "-" .. number .. "-" .. placed
        wrk.body = string.format(
            '{"items":[{"product_id":"%s","quantity":1},{"product_id":"%s","quantity":1}]}', first, second
        )
        return wrk.format()
    end
end

function init(arguments)
    if #arguments > 0 then
        request = orders(table.remove(arguments, 1), arguments)
    end
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format(
        '{"requests": %d, "failed": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f}\n',
        summary.requests, failed, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3
    ))
end
