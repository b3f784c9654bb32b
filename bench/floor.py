"""One hop of the raw floor: aiokafka and asyncpg, bulk insert, no logic. bench/run.py runs four of them.

A hop takes what there is, inserts it in one statement, sends it on keyed, awaits the acknowledgements and
commits the offset.
"""

import asyncio
import sys
import uuid

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

HOPS = 4
INSERT = """
insert into {table} (id, value) select * from unnest($1::uuid[], $2::bytea[]) on conflict do nothing
"""


async def hop(bootstrap: str, dsn: str, number: int, *, idempotence: bool) -> None:
    consumer = AIOKafkaConsumer(
        f"floor{number}",
        bootstrap_servers=bootstrap,
        group_id=f"floor{number}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=100,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=idempotence,
        linger_ms=2,
        max_batch_size=262_144,
        compression_type=None,
    )
    connection = await asyncpg.connect(dsn)
    insert = INSERT.format(table=f"floor{number}")
    await consumer.start()
    await producer.start()
    print("ready", flush=True)
    while True:
        polled = await consumer.getmany(timeout_ms=100, max_records=1000)
        records = [record for batch in polled.values() for record in batch]
        if not records:
            continue
        await connection.execute(
            insert, [uuid.UUID(bytes=r.key) for r in records], [r.value for r in records]
        )
        sends = [await producer.send(f"floor{number + 1}", r.value, r.key) for r in records]
        await asyncio.gather(*sends)
        await consumer.commit()


if __name__ == "__main__":
    uvloop.run(hop(sys.argv[1], sys.argv[2], int(sys.argv[3]), idempotence=sys.argv[4] == "true"))
