"""LSF_PROFILE: what a shell file sets reaches commands and scripts; what cannot be used is said at the start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lsf_agent.profile import ProfileError, with_profile

ENVIRON = {"PATH": "/usr/bin:/bin", "HOME": "/home/ana", "OLD": "1", "BATCHBOARD_AGENT_TOKEN": "hush"}


def profile(folder: Path, text: str, name: str = "profile.lsf") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_what_the_profile_sets_changes_and_unsets_counts(tmp_path: Path) -> None:
    path = profile(
        tmp_path,
        'echo welcome\nLSF_ENVDIR=/lsf/conf\nexport LSF_ENVDIR\nPATH=/lsf/bin:$PATH\nexport TEXT="a\nb=c"\n'
        "unset OLD\nNOT_EXPORTED=1\nfalse\n",
    )
    assert with_profile(ENVIRON, path) == {
        "PATH": "/lsf/bin:/usr/bin:/bin",
        "HOME": "/home/ana",
        "LSF_ENVDIR": "/lsf/conf",
        "TEXT": "a\nb=c",
        "BATCHBOARD_AGENT_TOKEN": "hush",
    }


def test_the_profile_neither_sees_nor_sets_our_settings(tmp_path: Path) -> None:
    path = profile(tmp_path, "export SEEN=${BATCHBOARD_AGENT_TOKEN:-nothing} BATCHBOARD_RUN_AS=sudo\n")
    found = with_profile(ENVIRON, path)
    assert found["SEEN"] == "nothing"
    assert found["BATCHBOARD_AGENT_TOKEN"] == "hush" and "BATCHBOARD_RUN_AS" not in found


def test_a_path_is_a_path_and_not_a_piece_of_shell(tmp_path: Path) -> None:
    path = profile(tmp_path, "export FOUND=yes\n", "a $(touch oops) 'profile'.sh")
    assert with_profile(ENVIRON, path)["FOUND"] == "yes"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("setenv LSF_ENVDIR /lsf/conf\n", "cshrc.lsf", "is for csh"),
        ("setenv LSF_ENVDIR /lsf/conf\n", "lsf.sh", "is for csh"),
        ("echo no license >&2\nexit 3\n", "p", "ended the shell that read it: no license"),
        ("exit 0\n", "p", "ended the shell that read it: exit code 0"),
        ("if then\n", "p", "ended the shell that read it"),
        ("sleep 60\n", "p", "did not end within 0.3 s"),
        ("sleep 60 & sleep 60\n", "p", "did not end within 0.3 s"),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(tmp_path: Path, text: str, name: str, expected: str) -> None:
    with pytest.raises(ProfileError) as refused:
        with_profile(ENVIRON, profile(tmp_path, text, name), 0.3 if "sleep" in text else 10.0)
    assert expected in str(refused.value)


def test_a_profile_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"nowhere/profile\.lsf cannot be read: No such file"):
        with_profile(ENVIRON, tmp_path / "nowhere" / "profile.lsf")


def test_the_agent_does_not_start_with_a_wrong_profile_and_names_the_setting(tmp_path: Path) -> None:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BATCHBOARD_")},
        "BATCHBOARD_DATA_DIR": str(tmp_path),
        "BATCHBOARD_LSF_PROFILE": str(profile(tmp_path, "exit 1\n")),
    }
    command = [sys.executable, "-m", "lsf_agent"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("BATCHBOARD_LSF_PROFILE: ")
