"""Danish headings and words mean what the columns and the vocabulary know."""

import unicodedata
from enum import StrEnum

import pytest

from contracts.events.vocabulary import Channel, ObtainedBy, PreferredTime, Presence, RegistrationPlace, Role
from contracts.rules.identity import IdentitySystem
from services.registration.imports import danish_terms
from services.registration.imports.header import COLUMNS, REPORT_COLUMNS

VOCABULARY: dict[str, type[StrEnum]] = {
    "role": Role, "place": RegistrationPlace, "presence": Presence, "obtained_by": ObtainedBy,
    "channels": Channel,
    "preferred_channel": Channel, "preferred_time": PreferredTime, "identity_system": IdentitySystem,
}  # fmt: skip


def test_every_danish_heading_means_one_column_and_hides_no_english_one() -> None:
    headings = [heading for danish in danish_terms.COLUMNS.values() for heading in danish]

    assert {danish_terms.column_of_heading(heading) for heading in headings} <= COLUMNS | set(REPORT_COLUMNS)
    assert len(headings) == len(set(headings))
    assert all(danish_terms.column_of_heading(column) == column for column in COLUMNS)


@pytest.mark.parametrize("column", danish_terms._CELLS)
def test_every_danish_word_is_one_of_the_vocabulary_and_hides_no_word_of_it(column: str) -> None:
    known = VOCABULARY[column]
    danish = [word for meant in danish_terms._CELLS[column].values() for word in meant]

    assert {known(danish_terms.vocabulary_word(column, word)) for word in danish} <= set(known)
    assert all(danish_terms.vocabulary_word(column, word) == word for word in known)


@pytest.mark.parametrize("heading", ["Fødselsdato", "FØDSELSDATO ", "fødselsdato"])
def test_case_and_spaces_do_not_hide_a_heading(heading: str) -> None:
    assert danish_terms.column_of_heading(heading) == "birth_date"


def test_a_letter_written_as_two_characters_is_the_same_letter() -> None:
    assert danish_terms.vocabulary_word("role", unicodedata.normalize("NFD", "Pårørende")) == "relative"
    assert danish_terms.column_of_heading(unicodedata.normalize("NFD", "samtykke_måde")) == "obtained_by"
