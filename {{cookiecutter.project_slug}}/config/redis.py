"""What `REDIS_URL` may look like, and the rule for each form; rediss encrypts."""

FORMS = {
    "redis://host:6379/0": r"rediss?://(.*@)?[^,/]+(/\d*)?",
    "redis+sentinel://host:26379,host:26379/service": r"rediss?\+sentinel://(.*@)?[^/]+/[^/]+",
    # % if cookiecutter.use_redis_cluster
    "redis+cluster://host:6379,host:6379": r"rediss?\+cluster://(.*@)?[^/]+/?",
    # % endif
}
