"""What Redis does in one step, in its own language.

All keys of a queue begin alike and carry the queue's name in braces, so that they are kept in one
place wherever there are several. A task is a hash of JSON texts; sorted sets hold the ids of those
that wait, run and have failed:

    <queue>:task:<id>       the fields of the task
    <queue>:waiting:<band>  by the time from which they may start; three bands of priority
    <queue>:running         by the latest sign of life
    <queue>:failed          by the time they failed
    <queue>:bell            a list that workers with nothing to do listen to

Full memory refuses new tasks and nothing else: a script that begins by removing something may write
afterwards.
"""

# Store a task that waits, unless it is known, and wake a worker if it is due.
# KEYS: task, waiting, bell. ARGV: id, due at, now, field, value, ...
SEND = """
if redis.call('EXISTS', KEYS[1]) == 1 then
    return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
if tonumber(ARGV[2]) <= tonumber(ARGV[3]) then
    redis.call('LPUSH', KEYS[3], 1)
    redis.call('LTRIM', KEYS[3], 0, 99)
end
return 1
"""

# Give the most urgent task that is due to a worker; its fields, or nothing when none is due.
# Only then is the bell silenced, so that no ring is missed: what comes later rings it again.
# KEYS: running, bell, waiting of each band. ARGV: prefix of tasks, now, now as a time, worker,
# status, fields to return...
CLAIM = """
for band = 3, #KEYS do
    local id = redis.call('ZRANGEBYSCORE', KEYS[band], '-inf', ARGV[2], 'LIMIT', 0, 1)[1]
    if id then
        local task = ARGV[1] .. id
        redis.call('ZREM', KEYS[band], id)
        local started, workers = unpack(redis.call('HMGET', task, 'started_at', 'worker_ids_json'))
        if workers then
            workers = cjson.decode(workers)
            workers[#workers + 1] = ARGV[4]
            if started == 'null' then
                started = ARGV[3]
            end
            redis.call('HSET', task, 'status', ARGV[5], 'started_at', started,
                'last_attempted_at', ARGV[3], 'worker_ids_json', cjson.encode(workers))
            redis.call('ZADD', KEYS[1], ARGV[2], id)
            return redis.call('HMGET', task, unpack(ARGV, 6))
        end
    end
end
redis.call('DEL', KEYS[2])
return nil
"""

# Move a task from one set to another, unless it has another status or has had more workers than
# it was read with.
# KEYS: task, set it is in, set it goes to. ARGV: id, status, workers, score or less than 0 for no
# set, seconds until it is forgotten or 0, field, value, ...
MOVE = """
local status, workers = unpack(redis.call('HMGET', KEYS[1], 'status', 'worker_ids_json'))
if status ~= ARGV[2] or #cjson.decode(workers) ~= tonumber(ARGV[3]) then
    return 0
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 6))
if tonumber(ARGV[4]) >= 0 then
    redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
end
if ARGV[5] == '0' then
    redis.call('PERSIST', KEYS[1])
else
    redis.call('EXPIRE', KEYS[1], ARGV[5])
end
return 1
"""

# Show signs of life for those of the tasks that are still running.
# KEYS: running. ARGV: now, ids...
BEAT = """
for position = 2, #ARGV do
    if redis.call('ZREM', KEYS[1], ARGV[position]) == 1 then
        redis.call('ZADD', KEYS[1], ARGV[1], ARGV[position])
    end
end
"""

# How many are due, delayed, running and failed, and since when the oldest is due.
# KEYS: running, failed, waiting of each band. ARGV: now.
COUNT = """
local due, delayed, oldest = 0, 0, nil
for band = 3, #KEYS do
    due = due + redis.call('ZCOUNT', KEYS[band], '-inf', ARGV[1])
    delayed = delayed + redis.call('ZCOUNT', KEYS[band], '(' .. ARGV[1], '+inf')
    local first = tonumber(redis.call('ZRANGE', KEYS[band], 0, 0, 'WITHSCORES')[2])
    if first and first <= tonumber(ARGV[1]) then
        oldest = math.min(oldest or first, first)
    end
end
return {due, delayed, redis.call('ZCARD', KEYS[1]), redis.call('ZCARD', KEYS[2]),
    oldest and string.format('%.6f', oldest) or ''}
"""
