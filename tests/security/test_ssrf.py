"""What nobody may be talked into asking: odd names, odd addresses, hosts that nobody allowed."""

from __future__ import annotations

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError, InvalidArgument, PermissionDenied
from gencheck.media.fetch.addresses import is_public
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.fetch.hosts import Address, AllowedHosts
from gencheck.media.types import Limits


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.251",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2a00:1450:4001:800::5efe:127.0.0.1",
        "2a00:1450:4001:800:200:5efe:10.0.0.1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2a00:1450:4001:800::1%lo",
        "fec0::1",
        "ff02::1",
        "2130706433",
        "0x7f000001",
        "127.1",
        "localhost",
        "",
    ],
)
def test_no_address_of_a_special_purpose_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2a00:1450:4001:800::200e",
        "64:ff9b::808:808",
    ],
)
def test_public_ones_are(address: str) -> None:
    assert is_public(address)


DOUBTFUL = [
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.0x1/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25lo]/",
    "https://localhost/",
    "https://cdn.example.com./",
    "https://.example.com/",
    "https://cdn..example.com/",
    "https://cdn_.example.com/",
    "https://cdn.example.com%2f@evil.org/",
    "https://user@cdn.example.com/",
    "https://user:word@cdn.example.com/",
    "https://cdn.example.com@evil.org/",
    "https://cdn.example.com:443@evil.org/",
    "https://cdn.example.com\\@evil.org/",
    "https://evil.org\\.example.com/",
    "https://cdn.example.com /",
    "https://cdn.example.com\t/",
    "https://cdn.example.com/\r\nHost: evil.org",
    "https://cdn.exämple.com/",
    "https://ⓒdn.example.com/",
    "https://１２７.0.0.1/",
    "https://cdn.example.com/ü",
    "https://cdn.example.com:99999/",
    "https://cdn.example.com:port/",
    "https://[half/",
    "https:///a.png",
    "https://",
    "https:cdn.example.com",
    "http://cdn.example.com/",
    "HTTP://cdn.example.com/",
    "//cdn.example.com/a.png",
    "https://cdn.example.com/" + "a" * 5_000,
]


@pytest.mark.parametrize("url", DOUBTFUL)
async def test_a_doubtful_address_is_refused_before_anything_is_asked(url: str) -> None:
    fetcher = Fetcher(limits=Limits(), hosts=["cdn.example.com", "*.example.com"])
    for ask in (fetcher.read, fetcher.peek):
        with pytest.raises(GencheckError) as caught:
            await ask(url, deadline=Deadline())
        assert type(caught.value).reason in (
            "INVALID_ARGUMENT",
            "PERMISSION_DENIED",
            "UNSUPPORTED_MEDIA",
        )


@pytest.mark.parametrize(
    "url",
    [
        "https://other.org/a.png",
        "https://example.com/a.png",
        "https://cdn.example.com.evil.org/a.png",
        "https://cdn.example.com:8443/a.png",
        "https://cdnxexample.com/a.png",
        "https://xn--cdn-7ma.example.org/a.png",
    ],
)
async def test_a_host_that_nobody_allowed_is_not_asked(url: str) -> None:
    fetcher = Fetcher(limits=Limits(), hosts=["cdn.example.com", "*.a.example.com"])
    with pytest.raises(PermissionDenied, match="--allow-host"):
        await fetcher.read(url, deadline=Deadline())


async def test_by_default_no_host_may_be_asked_and_no_signature_is_shown() -> None:
    with pytest.raises(PermissionDenied, match="--allow-host") as caught:
        await Fetcher(limits=Limits()).read("https://a.org/x?sig=secret", deadline=Deadline())
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "url", "allowed"),
    [
        ("cdn.example.com", "https://CDN.Example.com/x", True),
        ("CDN.example.com", "https://cdn.example.com:443/x", True),
        ("cdn.example.com", "https://a.cdn.example.com/x", False),
        ("*.example.com", "https://a.b.example.com/x", True),
        ("*.example.com", "https://example.com/x", False),
        ("*.example.com", "https://a.example.com:8443/x", False),
        ("*.example.com:8443", "https://a.example.com:8443/x", True),
        ("cdn.example.com:8443", "https://cdn.example.com/x", False),
        ("xn--exmple-cua.com", "https://xn--exmple-cua.com/x", True),
    ],
)
def test_an_entry_allows_what_it_says(entry: str, url: str, allowed: bool) -> None:
    hosts = AllowedHosts.of([entry])
    if allowed:
        hosts.check(Address.of(url))
    else:
        with pytest.raises(PermissionDenied):
            hosts.check(Address.of(url))


@pytest.mark.parametrize(
    "entry",
    ["", "*", "*.com", "*com", "a.*.com", "com", "127.0.0.1", "[::1]", "https://a.org", "a.org:0",
     "a.org:x", "a.org:", "a.org/x", "u@a.org", "a.org:443:1", "a.org:99999999"],
)  # fmt: skip
def test_an_entry_that_cannot_be_meant_stops_the_start(entry: str) -> None:
    with pytest.raises(InvalidArgument, match="--allow-host"):
        Fetcher(limits=Limits(), hosts=[entry])


@pytest.mark.parametrize("root", ["https://a.org/x", "http://a.org", "zip://x::file:///y"])
def test_a_prefix_cannot_open_a_second_way_to_the_web(root: str) -> None:
    with pytest.raises(InvalidArgument, match="--allow-host"):
        Fetcher(limits=Limits(), roots=[root])


@pytest.mark.parametrize(
    "uri",
    [
        "memory://bucket/in/../secret",
        "memory://bucket/inside/a",
        "memory://bucket/in",
        "zip://a::memory://bucket/in/a",
        "memory://bucket/in/a::zip://b",
        "MEMORY://bucket/out",
    ],
)
async def test_a_store_is_read_under_its_prefix_alone(uri: str) -> None:
    fetcher = Fetcher(limits=Limits(), roots=["memory://bucket/in"])
    with pytest.raises(PermissionDenied):
        await fetcher.read(uri, deadline=Deadline())
