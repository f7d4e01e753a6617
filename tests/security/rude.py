"""A caller without manners: HTTP/2 by hand, where gRPC's own client is too polite."""

import socket
import struct
from collections.abc import Sequence
from typing import Self

import h2.config
import h2.connection
import h2.events
import h2.settings
from h2.exceptions import ProtocolError


class Rude:
    """One connection, blocking; reads only when it is told to."""

    def __init__(self, port: int, *, window: int | None = None) -> None:
        """Args: window: bytes of an answer that the peer may send unread, by default 65,535."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        # What others must not do, this one does.
        self._h2.config.validate_outbound_headers = False
        self._h2.initiate_connection()
        if window is not None:
            self._h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self._flush()
        self._read_once()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def open(self, path: str, extra: Sequence[tuple[str, str]] = (), *, end: bool = False) -> int:
        """A stream to a method, with its headers sent; its number."""
        number = self._h2.get_next_available_stream_id()
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            *extra,
        ]
        self._h2.send_headers(number, headers, end_stream=end)
        self._flush()
        return number

    def send(self, number: int, data: bytes, *, end: bool = False) -> None:
        """Bytes of a stream as they are, within the window of the peer."""
        self._h2.send_data(number, data, end_stream=end)
        self._flush()

    def message(self, number: int, data: bytes, *, end: bool = True, flag: int = 0) -> None:
        """A gRPC message in one frame."""
        self.send(number, struct.pack(">BI", flag, len(data)) + data, end=end)

    def flood(self, number: int, size: int) -> int:
        """Bytes without end, as fast as they are taken, until the peer ends it; how many went."""
        sent = 0
        try:
            while sent < size:
                room = min(self._h2.local_flow_control_window(number), 16_384, size - sent)
                if room > 0:
                    self.send(number, b"x" * room)
                    sent += room
                elif not self._read_once():
                    break
        except (ProtocolError, OSError):
            pass
        return sent

    def reset(self, number: int) -> None:
        """Leave a stream."""
        self._h2.reset_stream(number)
        self._flush()

    def status(self, number: int) -> str:
        """Read until a stream ends: its ``grpc-status``, ``reset`` or ``closed``."""
        while True:
            for event in self._read_once() or [None]:
                match event:
                    case None:
                        return "closed"
                    case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                        found = dict(event.headers or ()).get(b"grpc-status")
                        if event.stream_id == number and found is not None:
                            return found.decode()
                    case h2.events.StreamReset() if event.stream_id == number:
                        return "reset"
                    case h2.events.ConnectionTerminated():
                        return "closed"

    def is_closed(self) -> bool:
        """Whether the peer hangs up, read until it does or keeps silent for the socket's time."""
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def _read_once(self) -> list[h2.events.Event]:
        try:
            data = self.socket.recv(65_536)
            events = self._h2.receive_data(data) if data else []
        except (ConnectionError, ProtocolError):
            return []
        self._flush()
        return events or ([] if not data else [h2.events.UnknownFrameReceived()])

    def _flush(self) -> None:
        self.socket.sendall(self._h2.data_to_send())
