"""The API server, through the official client: bounded in time, tried again where that helps.

What is tried again: 429, 500, 502, 503, 504, and a connection that broke or said nothing. Creating
is safe to repeat, because the Job's name decides: a repeated create that had worked is a 409, and
the caller compares what is there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from kubernetes.utils import Backoff
from kubernetes.utils.retry import on_retry_after_error
from urllib3.exceptions import HTTPError
from yaml import YAMLError

from gencheck.batch.job import INDEX, JOB_NAME
from gencheck.errors import (
    GencheckError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)

T = TypeVar("T")

_TIMEOUT = (5.0, 15.0)
"""Seconds to connect, and of silence while an answer is read."""
_BACKOFF = Backoff(steps=4, duration=0.5, factor=2.0, jitter=0.2)
_LONGEST_PAUSE = 10.0
_AGAIN = frozenset({429, 500, 502, 503, 504})
_GONE = 410
_PAGE = 500


class Conflict(Exception):
    """An object of that name exists already, or is not the one that was meant."""


class Cluster:
    """Jobs, their pods and policies in one namespace.

    Every method raises ``NotFound``, ``PermissionDenied`` (401, 403), ``InvalidArgument`` (400,
    422) or ``Unavailable`` (all else); those that create or delete raise ``Conflict`` (409).
    """

    def __init__(
        self,
        api: client.ApiClient,
        namespace: str,
        *,
        backoff: Backoff = _BACKOFF,
        timeout: tuple[float, float] = _TIMEOUT,
    ) -> None:
        self.api = api
        self.namespace = namespace
        self._backoff = backoff
        self._timeout = timeout
        self._jobs = client.BatchV1Api(api)
        self._core = client.CoreV1Api(api)

    def create_job(self, job: client.V1Job) -> client.V1Job:
        """The Job as the server stored it."""
        return self._ask(
            lambda: self._jobs.create_namespaced_job(
                self.namespace, job, _request_timeout=self._timeout
            )
        )

    def read_job(self, name: str) -> client.V1Job:
        """The Job of that name."""
        return self._ask(
            lambda: self._jobs.read_namespaced_job(
                name, self.namespace, _request_timeout=self._timeout
            )
        )

    def delete_job(self, name: str, uid: str) -> None:
        """Remove the Job, if it is still the one of this uid; its pods follow."""
        body = client.V1DeleteOptions(
            propagation_policy="Background", preconditions=client.V1Preconditions(uid=uid)
        )
        self._ask(
            lambda: self._jobs.delete_namespaced_job(
                name, self.namespace, body=body, _request_timeout=self._timeout
            )
        )

    def create_policy(self, policy: client.V1ConfigMap) -> None:
        """Store a policy for the pods; one of that name and text stays as it is."""
        self._ask(
            lambda: self._core.create_namespaced_config_map(
                self.namespace, policy, _request_timeout=self._timeout
            )
        )

    def read_policy(self, name: str) -> client.V1ConfigMap:
        """The stored policy of that name."""
        return self._ask(
            lambda: self._core.read_namespaced_config_map(
                name, self.namespace, _request_timeout=self._timeout
            )
        )

    def pods(
        self, job: str, *, index: int | None = None, phase: str = "", most: int = 1000
    ) -> list[client.V1Pod]:
        """Pods of a Job, at most ``most`` of them, read page by page."""
        labels = f"{JOB_NAME}={job}" + (f",{INDEX}={index}" if index is not None else "")
        found: list[client.V1Pod] = []
        token = ""
        while len(found) < most:
            page = self._ask(partial(self._page, labels, phase, token))
            found += page.items
            token = (page.metadata and page.metadata.var_continue) or ""
            if not token:
                break
        return found[:most]

    def _page(self, labels: str, phase: str, after: str) -> client.V1PodList:
        more: dict[str, Any] = {"field_selector": f"status.phase={phase}"} if phase else {}
        if after:
            more["_continue"] = after
        return self._core.list_namespaced_pod(
            self.namespace,
            label_selector=labels,
            limit=_PAGE,
            **more,
            _request_timeout=self._timeout,
        )

    def log(self, pod: str, *, tail: int) -> str:
        """The last lines of a pod; empty where it has not started."""
        try:
            return self._ask(
                lambda: self._core.read_namespaced_pod_log(
                    pod, self.namespace, tail_lines=tail, _request_timeout=self._timeout
                )
            )
        except InvalidArgument:  # 400: the container is waiting to start
            return ""

    def changes(self, job: client.V1Job, *, seconds: int) -> Iterator[client.V1Job]:
        """The Job after each change, until nothing was heard for ``seconds``.

        It just ends where the server ends it, has forgotten the version (410) or is away: read
        the Job again.
        """
        assert job.metadata is not None
        selector = f"metadata.name={job.metadata.name}"
        stream = watch.Watch()
        try:
            for event in stream.stream(
                self._jobs.list_namespaced_job,
                self.namespace,
                field_selector=selector,
                resource_version=job.metadata.resource_version,
                timeout_seconds=seconds,
                _request_timeout=(self._timeout[0], seconds + self._timeout[1]),
            ):
                if event["type"] == "DELETED":
                    return
                yield event["object"]
        except ApiException as error:
            if error.status != _GONE and error.status not in _AGAIN:
                raise _known(error) from error
            _pause(self._backoff.duration)  # the caller comes again at once
        except HTTPError:
            _pause(self._backoff.duration)
        finally:
            stream.stop()

    def _ask(self, call: Callable[[], T]) -> T:
        try:
            return on_retry_after_error(self._backoff, _passing, call, sleep_func=_pause)
        except ApiException as error:
            raise _known(error) from error
        except HTTPError as error:
            raise Unavailable(
                f"the API server does not answer ({type(error).__name__})",
                where=str(self._jobs.api_client.configuration.host),
                fix="Look at the cluster and the network; the same command may be given again.",
            ) from error


def connect(namespace: str = "", *, context: str = "", kubeconfig: Path | None = None) -> Cluster:
    """The cluster of the kubeconfig, or the one that this process runs in.

    Args:
        namespace: empty for the one of the context.

    Raises:
        InvalidArgument: there is no usable configuration.
    """
    settings = client.Configuration()
    try:
        config.load_config(
            config_file=str(kubeconfig) if kubeconfig else None,
            context=context or None,
            client_configuration=settings,
        )
        chosen = namespace or _namespace_of(kubeconfig, context)
    except (ConfigException, OSError, YAMLError) as error:
        raise InvalidArgument(
            f"there is no way to a cluster ({' '.join(str(error).split())})",
            where=str(kubeconfig or "kubeconfig"),
            fix="Name a kubeconfig with --kubeconfig or $KUBECONFIG, and its --context.",
        ) from error
    settings.retries = False  # ours are the only ones
    return Cluster(client.ApiClient(settings), chosen)


def _namespace_of(kubeconfig: Path | None, context: str) -> str:
    inside = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    try:
        every, current = config.list_kube_config_contexts(str(kubeconfig) if kubeconfig else None)
    except ConfigException:
        return inside.read_text().strip() if inside.is_file() else "default"
    chosen = next((one for one in every if one["name"] == context), current)
    return str(chosen["context"].get("namespace") or "default")


def _pause(seconds: float) -> None:
    time.sleep(min(seconds, _LONGEST_PAUSE))


def _passing(error: Exception) -> bool:
    if isinstance(error, ApiException):
        return error.status in _AGAIN
    return isinstance(error, HTTPError)


def _known(error: ApiException) -> GencheckError | Conflict:
    """The server's own words, as an error of ours."""
    status = error.status or 0
    message = _message(error)
    match status:
        case 404:
            return NotFound(message, where="API server", fix="Check the name and --namespace.")
        case 409:
            return Conflict(message)
        case 401 | 403:
            return PermissionDenied(
                message, where="API server", fix="k8s/base has a Role with all that is needed."
            )
        case 400 | 422:
            return InvalidArgument(message, where="API server")
    return Unavailable(
        f"{message} (status {status})", where="API server", fix="Try again in a while."
    )


def _message(error: ApiException) -> str:
    try:
        told = json.loads(error.body or "").get("message")
    except (ValueError, AttributeError):
        told = None
    return str(told or error.reason or "no message")[:1000]
