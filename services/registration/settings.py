"""What registration can be told on top of what every service can."""

from kit.settings import ServiceSettings


class Settings(ServiceSettings):
    import_batch: int = 1000  # rows of a file registered in one transaction
    import_largest_bytes: int = 50_000_000  # of a workbook, which is read as a whole; CSV has no limit
    import_bad_rows_days: int = 14  # how long refused rows are kept, sealed, to be corrected
