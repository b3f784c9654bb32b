"""The master key is read from a file that nobody but the service can read."""

from pathlib import Path

import pytest

from kit.privacy.keyring import MasterKey, MasterKeyFileError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    path.write_text(MasterKey.new_text())
    return path


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_a_key_of_the_service_alone_is_read(file: Path, mode: int) -> None:
    file.chmod(mode)

    assert MasterKey.from_file(file).derive("parking")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_key_that_others_can_read_or_write_is_refused_with_what_to_do(file: Path, mode: int) -> None:
    file.chmod(mode)

    with pytest.raises(MasterKeyFileError, match="chmod 400"):
        MasterKey.from_file(file)


def test_a_missing_key_file_is_named_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyFileError, match="FOLGESKAB_MASTER_KEY_FILE"):
        MasterKey.from_file(tmp_path / "none")
