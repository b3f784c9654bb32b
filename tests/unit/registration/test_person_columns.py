"""A row says more of a person than name and number, in English or Danish words."""

import pytest

from contracts.events.vocabulary import Channel, PreferredTime
from contracts.wire.errors import FieldError
from services.registration.domain.person import NewPerson, check
from services.registration.imports.columns import PersonRow, column_of_field, read_row
from services.registration.imports.header import read_header
from tests.unit.registration.moments import NOW

NEEDED = {"navn": "Ida Ibsen", "rolle": "offer", "sted": "epc"}


def row(**cells: str) -> PersonRow | list[FieldError]:
    named = NEEDED | cells
    return read_row(list(named.values()), read_header(list(named)), by="Hanne", now=NOW)


def person(**cells: str) -> NewPerson:
    read = row(**cells)
    assert isinstance(read, PersonRow), read
    checked = check(read.said, NOW)
    assert isinstance(checked, NewPerson), checked
    return checked


def flawed(**cells: str) -> list[str]:
    read = row(**cells)
    if not isinstance(read, PersonRow):
        return [error.field for error in read]
    checked = check(read.said, NOW)
    assert not isinstance(checked, NewPerson)
    return [column_of_field(error) for error in checked]


def test_wishes_and_circumstances_are_read() -> None:
    read = person(
        circumstances="sad forrest", bekymringer="er alene", ønsket_tidspunkt="aften",
        ønsket_kanal="opkald", telefon="20123456", ønsker_ikke_kontakt="ja", tolk="ja",
    )  # fmt: skip

    assert read.circumstances is not None
    assert (read.circumstances.circumstances, read.circumstances.concerns) == ("sad forrest", "er alene")
    assert read.contact.preferred_time == PreferredTime.EVENING
    assert read.preferred_channel is Channel.CALL
    assert read.contact_restrictions == ("do_not_contact",)
    assert read.contact.interpreter


def test_a_danish_spreadsheet_writes_true_and_false_into_a_csv_file() -> None:
    assert person(tolk="SAND").contact.interpreter
    assert not person(tolk="FALSK").contact.interpreter


def test_a_passport_is_read_with_its_country_beside_a_cpr_number() -> None:
    both = person(cpr="2512489996", pasnummer="AB12345", identity_system="pas", pasland="SE")

    assert both.identity is not None
    assert [(one.system, one.scope) for one in both.identity.identifiers] == [
        ("cpr", None),
        ("passport", "SE"),
    ]


def test_a_flaw_of_either_number_names_its_own_column() -> None:
    assert flawed(identity="AB12345", identity_system="passport") == ["identity"]
    assert flawed(cpr="1", identity="AB12345", identity_system="passport", identity_scope="SE") == ["cpr"]
    assert flawed(identity_system="passport") == ["identity"]
    assert flawed(preferred_time="midnight", do_not_contact="maybe") == ["preferred_time", "do_not_contact"]


def test_a_row_is_told_all_that_is_wrong_with_it_at_once() -> None:
    told = flawed(sted="på gaden", fødselsdato="31-02-1980", tlf="nej", sprog="dansk", cpr="1")

    assert told == ["place", "birth_date", "language", "cpr", "phone"]
    assert flawed(identity="AB12345", identity_system="kørekort") == ["identity_system"]


@pytest.mark.parametrize(
    "written", ["25-11-2026 08:05", "25.11.2026 8.05", "25/11/2026 kl. 08:05:00", "2026-11-25T08:05"]
)
def test_a_moment_is_read_as_a_danish_spreadsheet_writes_it(written: str) -> None:
    read = row(registreret=written)

    assert isinstance(read, PersonRow), read
    assert read.said.registered_at.isoformat() == "2026-11-25T08:05:00+01:00"


def test_an_impossible_time_is_reported() -> None:
    assert flawed(registreret="25-13-2026 08:00") == flawed(registreret="i går kl. 8") == ["registered_at"]


@pytest.mark.parametrize(
    "written",
    ["20261125", "1764000000", "46351", "46351.5", "2026-W48-3", "20261125T080500", "1980", "nu", "0"],
)
def test_a_number_or_a_word_is_no_moment(written: str) -> None:
    assert flawed(registreret=written) == ["registered_at"]
