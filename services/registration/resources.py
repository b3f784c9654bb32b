"""The stores that every part of registration uses."""

from dataclasses import dataclass

from kit.database.database import Database
from kit.privacy.keyring import Keyring
from services.registration.store.blind_index import BlindIndex


@dataclass(frozen=True, slots=True)
class Resources:
    database: Database
    keyring: Keyring
    blind_index: BlindIndex
