"""The settings of registration besides those of every service."""

from typing import Self

from pydantic import model_validator

from kit.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    public_url: str = "http://127.0.0.1:8001"  # address of the public form, printed in its QR code
    public_proxy_header: str | None = (
        None  # header with the client's address, written by our own proxy: X-Forwarded-For
    )
    public_proxies: str | None = None  # addresses or networks of our own proxies, separated by commas
    public_per_client: int = 40  # attempts in ten minutes; many people share an address at a centre
    public_per_incident: int = 3000
    import_batch: int = 1000  # rows of a file registered in one transaction
    import_largest_bytes: int = 50_000_000  # of a workbook, which is read completely; CSV has no limit
    import_bad_rows_days: int = 14  # how long rejected rows are stored, sealed, for correction

    @model_validator(mode="after")
    def _a_header_needs_a_proxy(self) -> Self:
        if self.public_proxy_header and not self.public_proxies:
            raise ValueError("PUBLIC_PROXIES must name the proxies that write PUBLIC_PROXY_HEADER")
        return self
