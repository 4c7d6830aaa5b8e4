// The shop with the JDBC driver as Hibernate uses it: autocommit off, and a key from its sequence before each insert.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

public class Shop {
  static final double PAUSE_MS = Double.parseDouble(System.getenv("WEIR_PAUSE_MS"));
  static final Map<String, Integer> errors = new TreeMap<>();

  final Connection connection;
  final int worker;
  String step = "";
  int steps = 0;

  Shop(Connection connection, int worker) {
    this.connection = connection;
    this.worker = worker;
  }

  public static void main(String[] arguments) throws Exception {
    String url = System.getenv("WEIR_URL");
    int clients = Integer.parseInt(System.getenv("WEIR_CLIENTS"));
    long nanos = (long) (Double.parseDouble(System.getenv("WEIR_SECONDS")) * 1e9);
    try (Connection first = DriverManager.getConnection(url)) {
      makeTables(first);
    }
    int[] rounds = new int[clients];
    CountDownLatch once = new CountDownLatch(clients);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch finished = new CountDownLatch(clients);
    long[] until = {0};
    for (int i = 0; i < clients; i++) {
      int worker = i;
      new Thread(() -> {
        try (Connection connection = DriverManager.getConnection(url)) {
          // As a pool such as HikariCP hands it to Hibernate.
          connection.setAutoCommit(false);
          Shop shop = new Shop(connection, worker);
          shop.round(0);
          once.countDown();
          goOn.await();
          do shop.round(++rounds[worker]);
          while (System.nanoTime() < until[0]);
          finished.countDown();
          told.await();
        } catch (Exception error) {
          failed("connection", error);
          once.countDown();
          finished.countDown();
        }
      }).start();
    }
    once.await();
    System.out.println("ready");
    until[0] = System.nanoTime() + nanos;
    goOn.countDown();
    finished.await();
    String version = DriverManager.getDriver(url).getMajorVersion() + "." + DriverManager.getDriver(url).getMinorVersion();
    StringBuilder list = new StringBuilder();
    synchronized (errors) {
      errors.forEach((text, count) -> list.append(list.length() == 0 ? "" : ",").append("\"" + text + "\":" + count));
    }
    System.out.println(
        "{\"client\":\"pgjdbc " + version + ", keys as Hibernate takes them\",\"rounds\":" + Arrays.stream(rounds).sum()
            + ",\"roundsLeast\":" + Arrays.stream(rounds).min().getAsInt() + ",\"errors\":{" + list + "}}");
    told.countDown();
  }

  static void makeTables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : new String[] {"customers", "products", "orders", "items", "events"}) {
        // Hibernate steps by fifty and numbers the rows between by itself.
        statement.execute("create sequence " + table + "_seq start with 1 increment by 50");
      }
      statement.execute("create table customers (id bigint not null, email varchar(255) unique, name varchar(255), primary key (id))");
      statement.execute("create table products (id bigint not null, title varchar(255), stock integer, primary key (id))");
      statement.execute("create table orders (id bigint not null, customer_id bigint references customers, primary key (id))");
      statement.execute("create table items (id bigint not null, order_id bigint references orders, product_id bigint references products, quantity integer, primary key (id))");
      statement.execute("create table events (id bigserial, kind varchar(255))");
      statement.execute("insert into products select i, 'product ' || i, 1000000 from generate_series(1, 500) i");
    }
  }

  void round(int number) throws SQLException {
    try {
      work(worker + "-" + number + "@example.com");
    } catch (SQLException | IllegalStateException error) {
      failed(step, error);
      connection.rollback();
    }
  }

  void next(String name) {
    step = name;
    steps++;
    // Half of the pause to one and a half of it, always the same for the same step: so that clients do not go in step.
    double pause = PAUSE_MS * (0.5 + (worker * 7919L + steps * 104_729L) % 1000 / 1000.0);
    try {
      Thread.sleep((long) pause);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  void work(String email) throws SQLException {
    next("sign up");
    long customer = insertCustomer(email, "first");
    connection.commit();

    next("place order");
    long order = key("orders");
    update("insert into orders (customer_id,id) values (?,?)", customer, order);
    long[] products = new long[3];
    for (int i = 0; i < 3; i++) products[i] = (worker * 3 + i + 1) % 500 + 1;
    Arrays.sort(products);
    long[] keys = {key("items"), key("items"), key("items")};
    try (PreparedStatement batch = connection.prepareStatement("insert into items (order_id,product_id,quantity,id) values (?,?,?,?)")) {
      for (int i = 0; i < 3; i++) {
        batch.setLong(1, order);
        batch.setLong(2, products[i]);
        batch.setInt(3, 1);
        batch.setLong(4, keys[i]);
        batch.addBatch();
      }
      batch.executeBatch();
    }
    for (long product : products) update("update products set stock=stock-1 where id=?", product);
    connection.commit();

    next("rename");
    update("update customers set name=? where id=?", "customer " + worker, customer);
    connection.commit();

    next("read order");
    long items = number("select count(i.id) from orders o join customers c on c.id=o.customer_id left join items i on i.order_id=o.id where o.id=? and c.name=?", order, "customer " + worker);
    connection.commit();
    if (items != 3) throw new IllegalStateException("the order has " + items + " items");

    next("page");
    // Reading without a transaction of its own, as outside of @Transactional.
    connection.setAutoCommit(true);
    connection.setReadOnly(true);
    number("select o.id from orders o order by o.id desc offset ? rows fetch first ? rows only", 0, 10);
    long total = number("select count(o.id) from orders o");
    connection.setReadOnly(false);
    connection.setAutoCommit(false);
    if (total < 1) throw new IllegalStateException("no orders");

    next("failed transaction");
    insertCustomer("fresh-" + email, "lost");
    try {
      insertCustomer(email, "refused");
      throw new IllegalStateException("a duplicate was taken");
    } catch (SQLException refused) {
      if (!"23505".equals(refused.getSQLState())) throw refused;
      connection.rollback();
    }

    next("count");
    // @Transactional(readOnly = true)
    connection.setReadOnly(true);
    long left = number("select count(*) from customers where email=?", "fresh-" + email);
    connection.commit();
    connection.setReadOnly(false);
    if (left != 0) throw new IllegalStateException("a failed transaction left a row");

    next("record");
    try (PreparedStatement batch = connection.prepareStatement("insert into events (kind) values (?)", Statement.RETURN_GENERATED_KEYS)) {
      for (int i = 0; i < 20; i++) {
        batch.setString(1, "kind " + i);
        batch.addBatch();
      }
      batch.executeBatch();
      try (ResultSet keys2 = batch.getGeneratedKeys()) {
        if (!keys2.next()) throw new IllegalStateException("no generated keys");
      }
    }
    connection.commit();
  }

  long insertCustomer(String email, String name) throws SQLException {
    long id = key("customers");
    update("insert into customers (email,name,id) values (?,?,?)", email, name, id);
    return id;
  }

  long key(String table) throws SQLException {
    return number("select nextval('" + table + "_seq')");
  }

  void update(String text, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
      statement.executeUpdate();
    }
  }

  long number(String text, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? rows.getLong(1) : 0;
      }
    }
  }

  static void failed(String step, Exception error) {
    String text = (step + ": " + error).replaceAll("[\"\\\\\\s]+", " ");
    synchronized (errors) {
      errors.merge(text.substring(0, Math.min(300, text.length())), 1, Integer::sum);
    }
  }
}
