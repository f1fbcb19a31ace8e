"""Ends with 0 if the service in this container answers, with 1 if it doesn't."""

import http.client
import os
import socket
import ssl
import sys


def answers(environment: dict[str, str]) -> bool:
    """Whether the service that runs with this environment answers on this machine."""
    port = int(environment.get("WAYSEAL_PORT", "8443"))
    try:
        if environment.get("WAYSEAL_TLS_CLIENT_CA"):
            # Without a client's certificate there is no more to be had.
            socket.create_connection(("127.0.0.1", port), timeout=4).close()
            return True
        asked = _connection(port, bool(environment.get("WAYSEAL_TLS_CERTIFICATE")))
        try:
            asked.request("GET", "/healthz")
            return asked.getresponse().status == http.client.OK
        finally:
            asked.close()
    except (OSError, http.client.HTTPException):
        return False


def _connection(port: int, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    # The certificate is for a name that others use; whether it is ours isn't asked here.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=4, context=context)


if __name__ == "__main__":
    sys.exit(0 if answers(dict(os.environ)) else 1)
