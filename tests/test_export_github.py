"""`assign export --to github` and `--to vscode`: what students get, and its workflow's steps run here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from d2l_kit.cli import main

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_a_template_repository_checks_and_holds_nothing_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml = pytest.importorskip("yaml")
    monkeypatch.chdir(tmp_path)
    assert main(["assign", "new", "hw2", "--exercises", "corr2d"]) == 0
    for out in ("one", "two"):
        assert main(["assign", "export", "hw2", "--to", "github", "--out", out]) == 0
    first, second = (
        {p.relative_to(o): p.read_bytes() for p in o.rglob("*") if p.is_file()}
        for o in (tmp_path / "one", tmp_path / "two")
    )
    assert first == second
    seed = re.search(r'^seed = "(.+)"', (tmp_path / "hw2/assignment.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert seed is not None
    assert not any(seed[1].encode() in content for content in first.values())
    assert not any("reference" in str(path) or "instructor" in str(path) for path in first)
    repository = tmp_path / "one"
    yaml.safe_load((repository / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    tasks = json.loads((repository / ".vscode/tasks.json").read_text(encoding="utf-8"))
    json.loads((repository / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    workflow = yaml.safe_load((repository / ".github/workflows/check.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["check"]["steps"]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
    assert not any(b"NotImplementedError" not in p.read_bytes() for p in repository.rglob("corr2d.py"))
    for wheel in repository.rglob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            assert not [name for name in archive.namelist() if name.startswith("d2l_reference")]
    commands = [step["run"] for step in steps if "run" in step and not step["run"].startswith("pip ")]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "GITHUB_ACTIONS": "true"}
    environment["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary.md")
    stub = next(repository.rglob("corr2d.py")).read_bytes()
    solution = (ROOT / "reference/d2l_reference/ch07_cnn/corr2d.py").read_bytes()
    (task,) = tasks["tasks"]
    words = [word.replace("${workspaceFolder}", str(repository)) for word in task["args"]]
    wrong = solution.replace(b"* K", b"+ K")
    next(repository.rglob("corr2d.py")).write_bytes(wrong)
    said = subprocess.run([task["command"], *words], env=environment, capture_output=True, text=True).stdout
    pattern = task["problemMatcher"]["pattern"]
    found = [match for line in said.splitlines() if (match := re.search(pattern["regexp"], line))]
    assert found, said
    assert all((repository / match[pattern["file"]]).is_file() and match[pattern["message"]] for match in found)
    next(repository.rglob("corr2d.py")).write_bytes(stub)
    for status, answer in ((1, None), (0, solution)):
        if answer is not None:
            next(repository.rglob("corr2d.py")).write_bytes(answer)
        for command in commands:
            run = subprocess.run(["bash", "-e", "-c", command], cwd=repository, env=environment, capture_output=True)
            assert run.returncode == status, run.stdout + run.stderr
