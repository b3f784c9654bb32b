"""A form with a file comes piece by piece, and the file passes on without being kept."""

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.web.multipart_stream import InvalidUploadError, MultipartStream

BOUNDARY = "----WebKitFormBoundary7x1"
KIND = f"multipart/form-data; boundary={BOUNDARY}"


def form(content: bytes, *, name: str = "personer.csv", fields: dict[str, str] | None = None) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in (fields or {}).items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return b"".join(parts) + f"{head}Content-Type: text/csv\r\n\r\n".encode() + content + end()


def end() -> bytes:
    return f"\r\n--{BOUNDARY}--\r\n".encode()


async def arriving(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@given(st.binary(max_size=400), st.integers(1, 60))
async def test_any_file_in_any_pieces_is_streamed_unchanged(content: bytes, size: int) -> None:
    if BOUNDARY.encode() in content:
        return
    upload = MultipartStream(
        KIND, arriving(cut(form(content, fields={"import_id": "7", "dry_run": "yes"}), size))
    )

    fields = await upload.begin()
    received = b"".join([piece async for piece in upload.pieces()])

    assert dict(fields) == {"import_id": "7", "dry_run": "yes"}
    assert upload.file_name == "personer.csv"
    assert received == content


async def test_a_form_without_a_chosen_file_has_an_empty_file_name() -> None:
    upload = MultipartStream(KIND, arriving([form(b"", name="")]))

    await upload.begin()

    assert upload.file_name == ""


@pytest.mark.parametrize("kind", ["text/csv", "multipart/form-data", ""])
def test_a_body_that_is_no_form_is_refused(kind: str) -> None:
    with pytest.raises(InvalidUploadError):
        MultipartStream(kind, arriving([]))


async def test_a_truncated_file_is_refused() -> None:
    upload = MultipartStream(KIND, arriving([form(b"name;role\r\n" * 50)[: -len(end()) - 20]]))
    await upload.begin()

    with pytest.raises(InvalidUploadError):
        _ = [piece async for piece in upload.pieces()]


async def test_an_endless_field_is_refused() -> None:
    body = form(b"", fields={"import_id": "x" * 5000})

    with pytest.raises(InvalidUploadError):
        await MultipartStream(KIND, arriving(cut(body, 100))).begin()
