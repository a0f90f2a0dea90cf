"""Servers of the tests do not get into each other's way."""

from concurrent.futures import ThreadPoolExecutor

from tests.servers import free_port


def test_servers_that_are_started_side_by_side_have_ports_of_their_own() -> None:
    with ThreadPoolExecutor(4) as side_by_side:
        ports = list(side_by_side.map(lambda _: free_port(), range(500)))

    assert len(set(ports)) == len(ports)
