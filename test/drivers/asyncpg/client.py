"""One run of asyncpg through what every driver is put through; prints its report as JSON."""

import asyncio
import json
import os
import socket

import asyncpg

table = os.environ["WEIR_TABLE"]
url = os.environ["WEIR_URL"]
settings = json.loads(os.environ["WEIR_SETTINGS"])
report = {"client": f"asyncpg {asyncpg.__version__}", "habits": {}}

system_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host, *rest, **named):
    # Names under localhost resolve on few machines; the name itself still goes into SNI and is verified.
    if isinstance(host, str) and host.endswith(".localhost"):
        host = "127.0.0.1"
    return system_getaddrinfo(host, *rest, **named)


socket.getaddrinfo = getaddrinfo


async def sqlstate_of(connection, statement):
    try:
        await connection.fetchval(statement)
    except asyncpg.PostgresError as error:
        return error.sqlstate
    return "none"


async def habit(name, run):
    try:
        await run()
        report["habits"][name] = "ok"
    except Exception as error:  # told, and judged by the test
        report["habits"][name] = f"{type(error).__name__}: {error}"


async def main():
    connection = await asyncpg.connect(url, **settings)
    report["serverTls"] = await connection.fetchval("select ssl from pg_stat_ssl where pid = pg_backend_pid()")

    right = 0
    for i in range(200):
        row = await connection.fetchrow("select $1::int + 1, $2::text", i, f"text {i}")
        right += tuple(row) == (i + 1, f"text {i}")
    report["parameterised"] = right

    await connection.execute(f"create table {table} (id int primary key, note text)")
    async with connection.transaction():
        for i in range(3):
            await connection.execute(f"insert into {table} values ($1, $2)", i, "kept")
    committed = await connection.fetchval(f"select count(*) from {table}")
    transaction = connection.transaction()
    await transaction.start()
    for i in range(3, 5):
        await connection.execute(f"insert into {table} values ($1, $2)", i, "lost")
    await transaction.rollback()
    rolled_back = await connection.fetchval(f"select count(*) from {table}")
    report["transaction"] = {"committed": committed, "rolledBack": rolled_back}

    transaction = connection.transaction()
    await transaction.start()
    sqlstate = await sqlstate_of(connection, "select 1 / 0")
    afterwards = await sqlstate_of(connection, "select 1")
    await transaction.rollback()
    recovered = await connection.fetchval("select 42")
    report["error"] = {"sqlstate": sqlstate, "afterwards": afterwards, "recovered": recovered}

    rows = size = 0
    for i, text in await connection.fetch("select i, repeat(chr(97 + i % 26), 1000) from generate_series(1, $1::int) i", 50_000):
        rows += text == chr(97 + i % 26) * 1000
        size += len(text)
    report["large"] = {"rows": rows, "bytes": size}

    await connection.copy_records_to_table(table, records=[(i, f"copied {i}") for i in range(1000, 2000)])
    copied = await connection.fetchval(f"select count(*) from {table} where id >= 1000")
    out = await connection.copy_from_query(f"select * from {table} where id >= 1000", output=os.devnull)
    report["copy"] = {"in": copied, "out": int(out.split()[1])}

    async def cursor():
        async with connection.transaction():
            total = 0
            async for row in connection.cursor("select generate_series(1, 100)", prefetch=10):
                total += row[0]
            assert total == 5050, total

    async def types():
        # An unknown type makes asyncpg ask the server about it, with its own settings around the question.
        await connection.execute(f"create type {table}_mood as enum ('calm', 'wild')")
        try:
            moods = await connection.fetchval(f"select array['calm', 'wild']::{table}_mood[]")
            assert moods == ["calm", "wild"], moods
        finally:
            await connection.execute(f"drop type {table}_mood")

    async def pool():
        # Each release runs a batch of its own: unlock all, close all, unlisten, reset all.
        async with asyncpg.create_pool(url, min_size=2, max_size=4, **settings) as connections:
            async def use(i):
                async with connections.acquire() as one:
                    return await one.fetchval("select $1::int * 2", i)

            assert await asyncio.gather(*(use(i) for i in range(40))) == [i * 2 for i in range(40)]

    await habit("cursor", cursor)
    await habit("a type it does not know", types)
    await habit("pool with its reset", pool)
    await connection.execute(f"drop table {table}")
    await connection.close()
    print(json.dumps(report))


asyncio.run(main())
