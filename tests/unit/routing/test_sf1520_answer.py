from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.routing.domain.register_entry import (
    CprStatus,
    Custody,
    CustodyKind,
    FailureReason,
    GuardianKind,
    Guardianship,
    LookUpFailed,
    NotFound,
    Protection,
    RegisterAnswer,
)
from services.routing.register.answer import read_answer
from services.routing.register.request import PNR, SERVICE, SOAP, Agreement, build_request
from tests.unit.routing.cases import FATHER, GUARDIAN, MOTHER, PERSON
from tests.unit.routing.sf1520_schema import published_schema

MALFORMED = LookUpFailed(FailureReason.MALFORMED)
AGREEMENT = Agreement(UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4))
CHILD = f"""
<persondata>
  <personnummer>{PERSON}</personnummer>
  <gaeldendePersonnummer>{PERSON}</gaeldendePersonnummer>
  <navn><personadresseringsnavn>Test, Magnus</personadresseringsnavn></navn>
  <foedselsdato><dato>2015-03-01</dato></foedselsdato>
  <antalBoernUnder18>0</antalBoernUnder18>
  <status><status>1</status><statusdato><dato>2015-03-01T00:00:00</dato></statusdato></status>
  <adressebeskyttelse>
    <startdato>2026-01-01</startdato><slutdato>2027-01-01+01:00</slutdato><beskyttet>true</beskyttet>
  </adressebeskyttelse>
  <tilmeldtNemsms>0</tilmeldtNemsms>
  <tilmeldtDigitalpost>false</tilmeldtDigitalpost>
</persondata>
<adresse><aktuelAdresse><kommunekode>101</kommunekode><vejkode>9910</vejkode></aktuelAdresse></adresse>
<relationer>
  <mor><personnummer>{MOTHER}</personnummer></mor>
  <far><foedselsdato><dato>1960-01-02</dato></foedselsdato><navn>Ukendt</navn></far>
  <foraeldremyndighed>
    <foraeldremyndighedtype>3</foraeldremyndighedtype>
    <foraeldremyndighedStartdato><dato>2015-03-01</dato></foraeldremyndighedStartdato>
  </foraeldremyndighed>
  <foraeldremyndighed>
    <foraeldremyndighedtype>4</foraeldremyndighedtype>
    <foraeldremyndighedSletdato>2020-01-01</foraeldremyndighedSletdato>
    <relationPersonnummer>{FATHER}</relationPersonnummer>
  </foraeldremyndighed>
</relationer>
"""
WARD = f"""
<persondata>
  <antalBoernUnder18>0</antalBoernUnder18>
  <status><status>1</status></status>
  <umyndiggoerelse>
    <umyndiggorelseRelationType>1</umyndiggorelseRelationType>
    <relationPersonnummer>{GUARDIAN}</relationPersonnummer>
    <umyndiggoerelseStartdato><dato>2010-01-01</dato></umyndiggoerelseStartdato>
    <umyndiggjort>true</umyndiggjort>
  </umyndiggoerelse>
</persondata>
"""


def envelope(content: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'.encode()


def response(content: str) -> bytes:
    return envelope(f'<PersonLookupResponse xmlns="{SERVICE}">{content}</PersonLookupResponse>')


def fault(text: str) -> bytes:
    return envelope(f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{text}</faultstring></s:Fault>")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    return published_schema(tmp_path_factory.mktemp("sf1520"))


@pytest.mark.published
@pytest.mark.parametrize("agreement", [None, AGREEMENT])
def test_the_request_is_valid_by_the_published_schema(
    schema: etree.XMLSchema, agreement: Agreement | None
) -> None:
    root = etree.fromstring(build_request(PERSON, agreement))

    body = root.find(f"{{{SOAP}}}Body")
    assert body is not None
    schema.assertValid(body[0])
    assert body[0].findtext(f"{{{PNR}}}PNR") == PERSON


@pytest.mark.published
@pytest.mark.parametrize("content", [CHILD, WARD])
def test_the_answers_we_read_are_valid_by_the_published_schema(schema: etree.XMLSchema, content: str) -> None:
    schema.assertValid(etree.fromstring(response(content))[0][0])


def test_reads_a_protected_child_with_custody() -> None:
    assert read_answer(PERSON, response(CHILD)) == RegisterAnswer(
        PERSON,
        name="Test, Magnus",
        current_cpr=PERSON,
        status=CprStatus.RESIDENT,
        birth_date=date(2015, 3, 1),
        municipality="0101",
        road_code=9910,
        protection=Protection(stated=True, since=date(2026, 1, 1), until=date(2027, 1, 1)),
        custody=(
            Custody(CustodyKind.MOTHER, MOTHER, date(2015, 3, 1)),
            Custody(CustodyKind.FATHER, FATHER, deleted=date(2020, 1, 1)),
        ),
        digital_post=False,
        nemsms=False,
    )


def test_reads_a_guardian_and_leaves_open_what_is_not_told() -> None:
    assert read_answer(PERSON, response(WARD)) == RegisterAnswer(
        PERSON,
        status=CprStatus.RESIDENT,
        guardianship=Guardianship(GuardianKind.NUMBER, GUARDIAN, date(2010, 1, 1)),
    )


def test_a_guardianship_that_is_said_not_to_be_is_none() -> None:
    answer = read_answer(PERSON, response(WARD.replace("true</umynd", "false</umynd")))

    assert isinstance(answer, RegisterAnswer)
    assert answer.guardianship is None


@pytest.mark.parametrize("status", list(CprStatus))
def test_reads_every_status(status: CprStatus) -> None:
    answer = read_answer(PERSON, response(WARD.replace("<status>1<", f"<status>{status.value}<")))

    assert isinstance(answer, RegisterAnswer)
    assert answer.status is status


def test_a_status_nobody_has_told_us_of_is_none() -> None:
    answer = read_answer(PERSON, response(WARD.replace("<status>1<", "<status>10<")))

    assert isinstance(answer, RegisterAnswer)
    assert answer.status is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (fault("PNR not found"), NotFound()),
        (fault("The system is not available"), LookUpFailed(FailureReason.SERVER_ERROR)),
        (b"", MALFORMED),
        (b"<html>Bad gateway", MALFORMED),
        (b"\xff\xfe\x00", MALFORMED),
        (b"<html/>", MALFORMED),
        (envelope(""), MALFORMED),
        (response(""), MALFORMED),
        (response(CHILD.replace(f"<personnummer>{PERSON}", f"<personnummer>{MOTHER}", 1)), MALFORMED),
        (response(CHILD.replace("<status>1<", "<status>x<")), MALFORMED),
        (response(CHILD.replace("2015-03-01<", "yesterday<")), MALFORMED),
        (response(CHILD.replace("type>3<", "type>9<")), MALFORMED),
        (response(CHILD.replace(">true<", ">perhaps<")), MALFORMED),
    ],
)
def test_only_the_register_saying_so_is_not_found(body: bytes, expected: NotFound | LookUpFailed) -> None:
    assert read_answer(PERSON, body) == expected


def spoiled(body: bytes, at: int, length: int, by: bytes) -> bytes:
    return body[:at] + by + body[at + length :]


@given(
    st.binary(max_size=400)
    | st.builds(
        spoiled,
        st.sampled_from([response(CHILD), response(WARD), fault("no connection"), envelope("")]),
        st.integers(0, 2000),
        st.integers(0, 40),
        st.binary(max_size=20),
    )
)
def test_a_damaged_answer_is_never_a_traceback_and_never_not_found(body: bytes) -> None:
    answer = read_answer(PERSON, body)

    assert isinstance(answer, RegisterAnswer | LookUpFailed)


def test_a_document_type_is_refused_before_anything_in_it_is_read() -> None:
    hostile = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + response(CHILD)

    assert read_answer(PERSON, hostile) == MALFORMED
