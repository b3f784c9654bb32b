"""What registration can be told on top of what every service can."""

from kit.settings import ServiceSettings


class Settings(ServiceSettings):
    import_batch: int = 1000  # rows of a file registered in one transaction
