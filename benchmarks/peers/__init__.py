"""The same documents from the same tables, as others serve them.

Peers do less than the project: no rate limits, no access log, no request ids. Those with Django
read with the project's own queries, so that only what is around these differs.
"""
