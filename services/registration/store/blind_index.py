"""Keyed digests of values: they can be searched and compared, but not read."""

import hmac
from collections.abc import Iterable, Iterator
from uuid import UUID

from contracts.events.personal import Identifier, Identity
from contracts.rules.identity import IdentitySystem
from kit.privacy.keyring import MasterKey
from services.registration.domain.age import read_date
from services.registration.domain.name import masks, near_masks, near_words, words_of
from services.registration.domain.person import Particulars
from services.registration.domain.similarity import birth_keys

_BYTES = 16  # 128 bits: no collision among all people of the world
_NOT_UNIQUE = frozenset({IdentitySystem.REPLACEMENT_CPR})


class BlindIndex:
    def __init__(self, master: MasterKey) -> None:
        self._search_key = master.derive("blind-index")
        self._intake_key = master.derive("intake")

    def digest(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._search_key, f"{kind}\0{value}".encode(), "sha256")[:_BYTES]

    def claims(self, identity: Identity | None) -> tuple[bytes, ...]:
        """Return the digests of the identity values that belong to one person only, in input order."""
        numbers = identity.identifiers if identity else ()
        return tuple(self.identifier(number) for number in numbers if number.system not in _NOT_UNIQUE)

    def entries(self, incident_id: UUID, person: Particulars) -> Iterator[bytes]:
        """Yield the search digests of a person, apart from the identity claims."""
        words = words_of(person.contact.name)
        yield self.digest("name", " ".join(words))
        yield from self.name_words(incident_id, words)
        yield from self._hidden(incident_id, {mask for word in words for mask in masks(word)})
        if person.contact.phone:
            yield self.digest("phone", person.contact.phone)
        if person.identity and person.identity.birth_date:
            yield self.born(incident_id, person.identity.birth_date)
        if person.identity and (born := read_date(person.identity.birth_date)):
            yield from self.named_and_born(incident_id, words, birth_keys(born))
        for number in person.identity.identifiers if person.identity else ():
            if number.system in _NOT_UNIQUE:
                yield self.identifier(number)

    def born(self, incident_id: UUID, birth_date: str) -> bytes:
        """Digest a birth date within one incident."""
        return self.digest("born", f"{incident_id}\0{birth_date}")

    def named_and_born(
        self, incident_id: UUID, words: Iterable[str], keys: Iterable[str]
    ) -> tuple[bytes, ...]:
        """Digest each word of a name with each part of a birth date. Some survive a typo in either."""
        keys, scope = tuple(keys), str(incident_id)
        return tuple(
            self.digest("named_and_born", f"{scope}\0{word}\0{key}")
            for word in sorted(set(words))
            if len(word) > 1
            for key in keys
        )

    def name_words(self, incident_id: UUID, words: Iterable[str]) -> tuple[bytes, ...]:
        """Return the digest of each distinct word of a name.

        The digests depend on the incident, so that names of other incidents are not read or compared.
        """
        scope = str(incident_id)
        return tuple(self.digest("name_word", f"{scope}\0{word}") for word in sorted(set(words)))

    def near_name_words(self, incident_id: UUID, words: Iterable[str]) -> list[list[bytes]]:
        """Return for each word of a name the digests of words within one typo."""
        return [
            [
                *self.name_words(incident_id, near_words(word)),
                *self._hidden(incident_id, near_masks(word)),
            ]
            for word in sorted(set(words))
        ]

    def _hidden(self, incident_id: UUID, masked: Iterable[str]) -> Iterator[bytes]:
        """Digest words with one letter masked."""
        scope = str(incident_id)
        return (self.digest("name_mask", f"{scope}\0{mask}") for mask in sorted(masked))

    def idempotency_digest(self, incident_id: UUID | None, way: str, content: str | bytes) -> bytes:
        """Digest a request: an Idempotency-Key, a body, a row of a file."""
        plain = content.encode() if isinstance(content, str) else content
        about = f"{incident_id}\0{way}\0".encode()
        return hmac.digest(self._intake_key, about + plain, "sha256")[:_BYTES]

    def identifier(self, number: Identifier) -> bytes:
        return self.digest("identity", f"{number.system}\0{number.scope or ''}\0{number.value}")
