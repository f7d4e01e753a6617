"""Ask a server's grpc.health.v1 whether all of it is SERVING: for containers without Kubernetes.

    python3 healthcheck.py HOST:PORT

Exit status: 0 it is, 1 it is not (yet), or nobody answers.
"""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_SECONDS = 3


def main(target: str) -> int:
    """The exit status."""
    with grpc.insecure_channel(target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc.RpcError as error:
            print(f"{target}: {error.code().name}")
            return 1
    print(f"{target}: {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}")
    return int(answer.status != health_pb2.HealthCheckResponse.SERVING)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
