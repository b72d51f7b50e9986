"""Identity tokens: verified with the published keys, said of the job and nobody else."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from agentmesh.services.oidc import subject
from agentmesh.services.run_services import RunServices
from agentmesh.services.tokens import decoded
from agentmesh.store.layout import Layout
from services.conftest import Answer, Clock, Job, request, spec


def ask(job: Job, audience: str = "", token: str | None = None) -> Answer:
    env = job.owner.variables("script")
    bearer = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] if token is None else token
    address = env["ACTIONS_ID_TOKEN_REQUEST_URL"] + (f"&audience={audience}" if audience else "")
    return request(address, headers={"authorization": f"bearer {bearer}"})


def verified(services: RunServices, token: str) -> dict[str, Any]:
    """What a token says, checked as a stranger would: discovery, keys, signature."""
    found = request(f"{services.address}/.well-known/openid-configuration").json
    assert found["issuer"] == services.address
    (key,) = request(found["jwks_uri"]).json["keys"]
    head, said, signature = token.split(".")
    header = json.loads(decoded(head))
    assert (header["alg"], header["kid"]) == ("RS256", key["kid"])
    e, n = (int.from_bytes(decoded(key[name]), "big") for name in "en")
    RSAPublicNumbers(e, n).public_key().verify(
        decoded(signature), f"{head}.{said}".encode(), PKCS1v15(), SHA256()
    )
    claims: dict[str, Any] = json.loads(decoded(said))
    assert set(claims) <= set(found["claims_supported"])
    return claims


def test_a_token_verifies_and_names_the_job(
    services: RunServices, admit: Callable[..., Job], clock: Clock
) -> None:
    job = admit(identity=True, environment="production", github={"run_id": "5", "actor": "mona"})
    claims = verified(services, ask(job, "sts.example").json["value"])
    assert claims["sub"] == "repo:octo/app:environment:production"
    assert claims["aud"] == "sts.example"
    assert claims["iss"] == services.address
    assert (claims["run_id"], claims["actor"], claims["environment"]) == ("5", "mona", "production")
    assert claims["job_workflow_ref"] == "octo/app/ci.yml@refs/heads/main"
    assert claims["iat"] <= clock() < claims["exp"] <= clock() + 900


def test_the_audience_is_the_owner_where_none_is_named(
    services: RunServices, admit: Callable[..., Job]
) -> None:
    claims = verified(services, ask(admit(identity=True)).json["value"])
    assert claims["aud"] == "https://github.com/octo"


def test_a_changed_token_does_not_verify(services: RunServices, admit: Callable[..., Job]) -> None:
    head, said, signature = ask(admit(identity=True)).json["value"].split(".")
    with pytest.raises(InvalidSignature):
        verified(services, f"{head}.{said[:-4]}AAAA.{signature}")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "repo:octo/app:ref:refs/heads/main"),
        ({"environment": "a:b"}, "repo:octo/app:environment:a%3Ab"),
        ({"github": {"event_name": "pull_request"}}, "repo:octo/app:pull_request"),
    ],
)
def test_subjects(fields: dict[str, Any], expected: str) -> None:
    assert subject(spec(**fields)) == expected


def test_only_the_token_for_it_asks_for_one(admit: Callable[..., Job]) -> None:
    job = admit(identity=True)
    assert ask(job, token=job.env["ACTIONS_RUNTIME_TOKEN"]).status == 401
    assert ask(job, token="").status == 401
    assert job.call("x", "y").status == 404
    job.owner.revoke()
    assert ask(job).status == 401


def test_a_job_without_identity_is_given_no_way_to_ask(admit: Callable[..., Job]) -> None:
    env = admit().owner.variables("node")
    assert not [name for name in env if "ID_TOKEN" in name]


def test_the_key_is_kept_for_its_owner_alone_and_used_again(
    start: Callable[..., RunServices], admit: Callable[..., Job], layout: Layout
) -> None:
    def key() -> Any:
        services = start()
        return request(f"{services.address}/.well-known/jwks").json

    assert key() == key()
    assert stat.S_IMODE(Path(layout.root, "oidc.pem").stat().st_mode) == 0o600


def test_a_key_that_cannot_be_read_is_said_with_its_remedy(
    services: RunServices, layout: Layout
) -> None:
    Path(layout.root).mkdir(parents=True)
    Path(layout.root, "oidc.pem").write_text("nonsense")
    answer = request(f"{services.address}/.well-known/jwks")
    assert answer.status == 503
    assert "remove oidc.pem" in answer.json["msg"]


def test_other_paths_and_methods_are_refused(services: RunServices) -> None:
    assert request(f"{services.address}/oidc/other").status == 404
    assert request(f"{services.address}/.well-known/jwks", "POST", b"").status == 404
