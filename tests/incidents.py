"""The progress of an incident, read from the tables of every service."""

from uuid import UUID

from deploy.local.stack import Stack
from tests.stacks import connected, until

_ROUTED = """
select count(*) from routing.home_case r join outreach.person o using (registration_id)
    join notify.person n using (registration_id) join console.person c using (registration_id)
where r.incident_id = $1 and r.state in ('resolved', 'triage', 'forgotten') and o.registered
    and o.decided_at is not null and n.registered and c.revision > 0 and c.decided_at is not null
    and exists (select from outreach.incident i where i.incident_id = $1)
"""
# in doubt may be an end, but not while the provider can be asked, or the others have not heard of it
_OPEN = """
select (select count(*) from outreach.wave where incident_id = $1 and state = 'launching')
    + (select count(*) from outreach.contact where incident_id = $1
        and state in ('waiting', 'claimed', 'requested', 'handed_over')
        and not (kind = 'call' and exists (  -- it waits for another wave's call of the same person
            select from outreach.contact l where l.registration_id = contact.registration_id
                and l.kind = 'call' and l.state = 'listed')))
    + (select count(*) from notify.message where incident_id = $1
        and (state in ('waiting', 'sending', 'handed_over')
            or (state = 'in_doubt' and channels[position] = 'sms')))
    + (select count(*) from outreach.contact o left join notify.message n using (contact_id)
        where o.incident_id = $1 and o.kind = 'message' and o.state <> 'withheld'
            and o.state is distinct from n.state)
    + (select count(*) from outreach.contact o left join console.contact c using (registration_id, contact_id)
        where o.incident_id = $1 and o.state not in ('waiting', 'claimed')
            and o.state is distinct from c.state)
"""


async def routed(stack: Stack, incident: str, people: int, *, within: float = 90) -> None:
    """Wait until every service knows of that many people and of their home authorities."""

    async def met() -> bool:
        async with connected(stack) as connection:
            return bool(await connection.fetchval(_ROUTED, UUID(incident)) == people)

    await until(met, within=within, what=f"{people} people routed, and every service told")


async def settled(stack: Stack, incident: str, *, within: float = 90) -> None:
    """Wait until every contact of the incident's waves is final in every service."""

    async def met() -> bool:
        async with connected(stack) as connection:
            return bool(await connection.fetchval(_OPEN, UUID(incident)) == 0)

    await until(met, within=within, what="every contact at its end, and every service told")
