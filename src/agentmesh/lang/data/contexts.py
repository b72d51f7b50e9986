"""The properties that contexts have, from "Contexts reference" of GitHub's documentation.

Read by the rules about properties and comparisons. Names are in lower
case, as case does not matter.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


GITHUB = _names(
    "action action_path action_ref action_repository action_status actor actor_id api_url "
    "artifact_cache_size_limit base_ref env event event_name event_path graphql_url head_ref "
    "host_workspace job job_workflow_sha output path ref ref_name ref_protected ref_type "
    "repository repository_id repository_owner repository_owner_id repository_visibility "
    "repositoryurl retention_days run_attempt run_id run_number secret_source server_url sha state "
    "step_summary token triggering_actor workflow workflow_ref workflow_sha workspace"
)
RUNNER = _names("arch debug environment name os temp tool_cache workspace")
JOB = _names(
    "check_run_id container services status workflow_file_path workflow_ref workflow_repository "
    "workflow_sha"
)
STRATEGY = frozenset(("fail-fast", "job-index", "job-total", "max-parallel"))
STEP = frozenset(("conclusion", "outcome", "outputs"))
NEED = frozenset(("outputs", "result"))

CONTEXTS: dict[str, frozenset[str]] = {
    "github": GITHUB,
    "runner": RUNNER,
    "job": JOB,
    "strategy": STRATEGY,
}
"""Contexts whose properties are the same everywhere."""

RESULTS = ("success", "failure", "cancelled", "skipped")
"""How a step or a job may end."""

WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("github", "ref_type"): ("branch", "tag"),
    ("runner", "os"): ("Linux", "Windows", "macOS"),
    ("runner", "arch"): ("X86", "X64", "ARM", "ARM64"),
    ("runner", "environment"): ("github-hosted", "self-hosted"),
    ("job", "status"): ("success", "failure", "cancelled"),
}
"""Properties that are one of a few words."""
