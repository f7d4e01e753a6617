"""What the options of the server become."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gencheck.cli import main
from gencheck.compose import Settings
from gencheck.serving.host import HostOptions
from gencheck.serving.tls import ServerTls, Tls


@pytest.fixture
def listening() -> list[HostOptions]:
    """How it listened."""
    return []


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, listening: list[HostOptions]) -> list[Settings]:
    """The settings that a server was started with; none is started."""
    found: list[Settings] = []

    async def serve(names: tuple[str, ...], settings: Settings, options: HostOptions) -> None:
        found.append(settings)
        listening.append(options)

    monkeypatch.setattr("gencheck.cli.serve._serve", serve)
    monkeypatch.setattr("gencheck.cli.serve.configure", lambda: None)
    return found


def start(monkeypatch: pytest.MonkeyPatch, *words: str, service: str = "all") -> int:
    monkeypatch.setattr(sys, "argv", ["gencheck", "serve", service, *words])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert isinstance(leaving.value.code, int)
    return leaving.value.code


def test_the_key_of_an_endpoint_comes_from_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GENCHECK_VQA_KEY", "sk-secret")
    assert not start(monkeypatch, "--vqa", "http://127.0.0.1:8000/v1", "--vqa-model", "some/vlm")
    [settings] = served
    assert (settings.vqa, settings.vqa_model) == ("http://127.0.0.1:8000/v1", "some/vlm")
    assert settings.vqa_key == "sk-secret"
    told = capsys.readouterr()
    assert "sk-secret" not in told.out + told.err + repr(settings)


def test_a_parser_is_an_endpoint_with_its_model_and_a_key_of_its_own(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GENCHECK_PARSER_KEY", "sk-secret")
    assert not start(monkeypatch, "--parser", "http://127.0.0.1:8/v1", "--parser-model", "an/llm")
    [settings] = served
    assert (settings.parser, settings.parser_model) == ("http://127.0.0.1:8/v1", "an/llm")
    assert settings.parser_key == "sk-secret"
    assert start(monkeypatch, "--parser", "http://127.0.0.1:8/v1") == 64
    told = capsys.readouterr()
    assert "sk-secret" not in told.out + told.err + repr(settings)
    assert "--parser-model" in told.err


def test_without_an_endpoint_nobody_answers_questions(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings]
) -> None:
    monkeypatch.delenv("GENCHECK_VQA_KEY", raising=False)
    assert not start(monkeypatch)
    assert (served[0].vqa, served[0].vqa_key) == ("", "")


def test_one_process_holds_assets_in_memory_and_a_router_where_it_is_told(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings]
) -> None:
    start(monkeypatch)
    start(monkeypatch, "--asset-store", "s3://bucket/assets", "--asset-bytes", "2048")
    start(monkeypatch, "--asset-store", "none")
    beside = ("--artifact", "127.0.0.1:1")
    start(monkeypatch, *beside, service="router")
    start(monkeypatch, *beside, "--asset-store", "memory", service="router")
    assert [settings.asset_store for settings in served] == [
        *("memory", "s3://bucket/assets", "", "", "memory")
    ]
    assert served[1].asset_bytes == 2 << 30


def test_a_service_beside_holds_none_and_is_told_who_does(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings]
) -> None:
    monkeypatch.setenv("GENCHECK_TOKEN", "secret")
    start(monkeypatch, service="mesh")
    start(monkeypatch, "--assets", "127.0.0.1:7400", service="mesh")
    assert [settings.asset_store for settings in served] == ["", ""]
    assert [settings.assets for settings in served] == ["", "127.0.0.1:7400"]
    assert [settings.token for settings in served] == ["", "secret"]
    assert "secret" not in repr(served[1])


def test_a_router_reads_its_own_assets(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(monkeypatch, "--assets", "127.0.0.1:7400") == 64
    assert "--asset-store" in capsys.readouterr().err
    assert start(monkeypatch, "--asset-store", "memory", service="mesh") == 64
    assert "--assets" in capsys.readouterr().err
    assert not served


def test_hosts_and_prefixes_are_allowed_by_name(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings]
) -> None:
    start(monkeypatch, "--root", "/data", "--root", "s3://b/in", "--allow-host", "cdn.example.com")
    assert served[0].roots == ("/data", "s3://b/in")
    assert served[0].hosts == ("cdn.example.com",)


def test_certificates_tokens_and_probes_reach_the_host(
    monkeypatch: pytest.MonkeyPatch, served: list[Settings], listening: list[HostOptions]
) -> None:
    words = ["--artifact", "artifact:7400", "--tls-cert", "c", "--tls-key", "k"]
    words += ["--tls-client-ca", "a", "--tokens", "t", "--health-port", "7401"]
    words += ["--services-ca", "sa", "--services-cert", "sc", "--services-key", "sk"]
    assert start(monkeypatch, *words, service="router") == 0
    assert listening[0].tls == ServerTls(Path("c"), Path("k"), Path("a"))
    assert (listening[0].tokens, listening[0].health_port) == (Path("t"), 7401)
    assert served[0].services_tls == Tls(Path("sa"), Path("sc"), Path("sk"))
    assert start(monkeypatch) == 0
    assert (listening[1].tls, listening[1].tokens, listening[1].health_port) == (None, None, None)
    assert served[1].services_tls is None


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["all", "--tls-cert", "c"], "--tls-key"),
        (["all", "--tls-key", "k"], "--tls-cert"),
        (["all", "--tls-client-ca", "a"], "--tls-cert"),
        (["all", "--services-ca", "a"], "--services-ca"),
        (["router", "--mesh", "a:1", "--services-cert", "c"], "--services-key"),
        (["router", "--mesh", "a:1", "--services-ca", "a", "--services-key", "k"], "--services"),
    ],
)
def test_half_of_tls_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    served: list[Settings],
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    where: str,
) -> None:
    assert start(monkeypatch, *words[1:], service=words[0]) == 64
    assert where in capsys.readouterr().err and not served
