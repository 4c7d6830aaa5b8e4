"""The shop with SQLAlchemy, on the driver named in WEIR_DRIVER: psycopg with threads, or asyncpg with tasks.

An engine for each client connection, as many processes would have it.
"""

import asyncio
import json
import os
import socket
import ssl
import threading
import time
from collections import Counter

import sqlalchemy
from sqlalchemy import ForeignKey, String, func, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

driver = os.environ["WEIR_DRIVER"]
clients = int(os.environ["WEIR_CLIENTS"])
seconds = float(os.environ["WEIR_SECONDS"])
pause_seconds = float(os.environ["WEIR_PAUSE_MS"]) / 1000
kinds = [f"kind {i}" for i in range(20)]


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str]


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(sqlalchemy.Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship()
    items: Mapped[list["Item"]] = relationship()


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]


class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


def make_tables(session):
    Base.metadata.create_all(session.connection())
    session.execute(
        sqlalchemy.text("insert into products (title, stock) select 'product ' || i, 1000000 from generate_series(1, 500) i")
    )
    session.commit()


def one_round(session_of, worker, number):
    """Every `with` is a session of its own, as a web request has it. Each step's name is given before it."""
    email = f"{worker}-{number}@example.com"
    yield "sign up"
    with session_of() as session:
        customer = Customer(email=email, name="first")
        session.add(customer)
        session.commit()
        customer_id = customer.id
    yield "place order"
    with session_of() as session, session.begin():
        order = Order(customer_id=customer_id)
        products = sorted((worker * 3 + i) % 500 + 1 for i in (1, 2, 3))
        order.items = [Item(product_id=product, quantity=1) for product in products]
        session.add(order)
        session.flush()
        order_id = order.id
        for product in products:
            session.execute(update(Product).where(Product.id == product).values(stock=Product.stock - 1))
    yield "rename"
    with session_of() as session:
        session.get_one(Customer, customer_id).name = f"customer {worker}"
        session.commit()
    yield "read order"
    with session_of() as session:
        order = session.scalars(select(Order).where(Order.id == order_id).options(selectinload(Order.items))).one()
        assert (order.customer.name, len(order.items)) == (f"customer {worker}", 3)
    yield "page"
    with session_of() as session:
        rows = session.scalars(select(Order).order_by(Order.id.desc()).limit(10)).all()
        total = session.scalar(select(func.count()).select_from(Order))
        assert 1 <= len(rows) <= 10 and total >= 1
    yield "failed transaction"
    with session_of() as session:
        session.add(Customer(email=f"fresh-{email}", name="lost"))
        session.flush()
        session.add(Customer(email=email, name="refused"))
        try:
            session.commit()
        except sqlalchemy.exc.IntegrityError:
            session.rollback()
        else:
            raise AssertionError("a duplicate was taken")
    yield "count"
    with session_of() as session:
        query = select(func.count()).select_from(Customer).where(Customer.email == f"fresh-{email}")
        assert session.scalar(query) == 0, "a failed transaction left a row"
    yield "record"
    with session_of() as session:
        session.add_all(Event(kind=kind) for kind in kinds)
        session.commit()


errors = Counter()


def pause_before(worker, step):
    # Half of the pause to one and a half of it, always the same for the same step: so that clients do not go in step.
    return pause_seconds * (0.5 + (worker * 7919 + step * 104729) % 1000 / 1000)


def run_round(session_of, worker, number, pause):
    step = "?"
    try:
        for index, step in enumerate(one_round(session_of, worker, number), 1):
            pause(pause_before(worker, number * 10 + index))
    except Exception as error:  # told, and judged by who reads the outcome
        errors[f"{step}: {type(error).__name__} {' '.join(str(error).split())[:300]}"] += 1


def tell(rounds, version):
    client = f"sqlalchemy {sqlalchemy.__version__}, {driver} {version}"
    outcome = {"client": client, "rounds": sum(rounds), "roundsLeast": min(rounds), "errors": errors}
    print(json.dumps(outcome, separators=(",", ":")), flush=True)


def with_threads():
    import psycopg

    url = os.environ["WEIR_URL"].replace("postgresql:", "postgresql+psycopg:").replace("postgres:", "postgresql+psycopg:")
    first = sqlalchemy.create_engine(url)
    with Session(first) as session:
        make_tables(session)
    first.dispose()
    engines = [sqlalchemy.create_engine(url) for _ in range(clients)]
    rounds = [0] * clients
    done_once = threading.Barrier(clients + 1)
    go_on = threading.Event()
    until = 0.0

    def worker(index):
        engine = engines[index]
        run_round(lambda: Session(engine), index, 0, time.sleep)
        done_once.wait()
        go_on.wait()
        while rounds[index] == 0 or time.monotonic() < until:
            rounds[index] += 1
            run_round(lambda: Session(engine), index, rounds[index], time.sleep)

    threads = [threading.Thread(target=worker, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    done_once.wait()
    print("ready", flush=True)
    until = time.monotonic() + seconds
    go_on.set()
    for thread in threads:
        thread.join()
    tell(rounds, psycopg.__version__)
    for engine in engines:
        engine.dispose()


async def with_tasks():
    import asyncpg
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.util import await_only, greenlet_spawn

    system_getaddrinfo = socket.getaddrinfo

    def getaddrinfo(host, *rest, **named):
        # Names under localhost resolve on few machines; the name itself still goes into SNI and is verified.
        if isinstance(host, str) and host.endswith(".localhost"):
            host = "127.0.0.1"
        return system_getaddrinfo(host, *rest, **named)

    socket.getaddrinfo = getaddrinfo
    url = os.environ["WEIR_URL"].split("?")[0].replace("postgresql:", "postgresql+asyncpg:").replace("postgres:", "postgresql+asyncpg:")
    trust = {"ssl": ssl.create_default_context(cafile=os.environ["WEIR_CA"])}
    engine_of = lambda: create_async_engine(url, connect_args=trust)
    first = engine_of()
    def make():
        with Session(first.sync_engine) as session:
            make_tables(session)

    await greenlet_spawn(make)
    await first.dispose()
    engines = [engine_of() for _ in range(clients)]
    rounds = [0] * clients

    async def one(index, number):
        # What AsyncSession does with each call of it, for a whole round: the work is the same for both drivers.
        engine = engines[index].sync_engine
        pause = lambda seconds: await_only(asyncio.sleep(seconds))
        await greenlet_spawn(run_round, lambda: Session(engine), index, number, pause)

    await asyncio.gather(*(one(index, 0) for index in range(clients)))
    print("ready", flush=True)
    until = time.monotonic() + seconds

    async def worker(index):
        while rounds[index] == 0 or time.monotonic() < until:
            rounds[index] += 1
            await one(index, rounds[index])

    await asyncio.gather(*(worker(index) for index in range(clients)))
    tell(rounds, asyncpg.__version__)
    for engine in engines:
        await engine.dispose()


if driver == "psycopg":
    with_threads()
else:
    asyncio.run(with_tasks())
