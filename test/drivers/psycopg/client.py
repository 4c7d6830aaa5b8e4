"""One run of psycopg 3 through what every driver is put through; prints its report as JSON."""

import json
import os

import psycopg

table = os.environ["WEIR_TABLE"]
settings = json.loads(os.environ["WEIR_SETTINGS"])
report = {"client": f"psycopg {psycopg.__version__}", "habits": {}}


def sqlstate_of(cursor, statement):
    try:
        cursor.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return "none"


def habit(name, run):
    try:
        run()
        report["habits"][name] = "ok"
    except Exception as error:  # told, and judged by the test
        report["habits"][name] = f"{type(error).__name__}: {error}"
        connection.rollback()


with psycopg.connect(os.environ["WEIR_URL"], **settings) as connection:
    cursor = connection.cursor()
    cursor.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
    report["serverTls"] = cursor.fetchone()[0]
    connection.commit()

    right = 0
    for i in range(200):
        # A commit each time: the next query may be served by another server connection.
        row = cursor.execute("select %s::int + 1, %s::text", (i, f"text {i}")).fetchone()
        connection.commit()
        right += row == (i + 1, f"text {i}")
    report["parameterised"] = right

    cursor.execute(f"create table {table} (id int primary key, note text)")
    connection.commit()
    for i in range(3):
        cursor.execute(f"insert into {table} values (%s, %s)", (i, "kept"))
    connection.commit()
    committed = cursor.execute(f"select count(*) from {table}").fetchone()[0]
    for i in range(3, 5):
        cursor.execute(f"insert into {table} values (%s, %s)", (i, "lost"))
    connection.rollback()
    rolled_back = cursor.execute(f"select count(*) from {table}").fetchone()[0]
    connection.commit()
    report["transaction"] = {"committed": committed, "rolledBack": rolled_back}

    sqlstate = sqlstate_of(cursor, "select 1 / 0")
    afterwards = sqlstate_of(cursor, "select 1")
    connection.rollback()
    recovered = cursor.execute("select 42").fetchone()[0]
    connection.commit()
    report["error"] = {"sqlstate": sqlstate, "afterwards": afterwards, "recovered": recovered}

    rows = size = 0
    cursor.execute("select i, repeat(chr(97 + i %% 26), 1000) from generate_series(1, %s) i", (50_000,))
    for i, text in cursor:
        rows += text == chr(97 + i % 26) * 1000
        size += len(text)
    connection.commit()
    report["large"] = {"rows": rows, "bytes": size}

    with cursor.copy(f"copy {table} from stdin") as copy:
        for i in range(1000, 2000):
            copy.write_row((i, f"copied {i}"))
    connection.commit()
    copied = cursor.execute(f"select count(*) from {table} where id >= 1000").fetchone()[0]
    with cursor.copy(f"copy (select * from {table} where id >= 1000) to stdout") as copy:
        out = sum(1 for _ in copy.rows())
    connection.commit()
    report["copy"] = {"in": copied, "out": out}

    def many_statements():
        # Each is prepared at its sixth run, and past a hundred of them the oldest is deallocated.
        for n in range(110):
            for i in range(6):
                row = cursor.execute(f"select %s::int + {n}", (i,)).fetchone()
                assert row == (i + n,), row
            connection.commit()

    def server_cursor():
        with connection.cursor("weir_cursor") as named:
            named.itersize = 10
            named.execute("select generate_series(1, 100)")
            assert sum(row[0] for row in named) == 5050
        connection.commit()

    def pipeline():
        with connection.pipeline():
            cursors = [connection.execute("select %s::int", (i,)) for i in range(50)]
        assert [c.fetchone()[0] for c in cursors] == list(range(50))
        connection.commit()

    habit("more prepared statements than it keeps", many_statements)
    habit("named cursor", server_cursor)
    habit("pipeline", pipeline)
    cursor.execute(f"drop table {table}")
    connection.commit()

print(json.dumps(report))
