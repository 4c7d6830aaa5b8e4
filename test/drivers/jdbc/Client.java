// One run of the JDBC driver through what every driver is put through; prints its report as JSON.
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class Client {
  interface Step {
    void run() throws Exception;
  }

  static final List<String> habits = new ArrayList<>();

  public static void main(String[] arguments) throws Exception {
    String table = System.getenv("WEIR_TABLE");
    try (Connection connection = DriverManager.getConnection(System.getenv("WEIR_URL"))) {
      String serverTls = one(connection, "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()");

      int right = 0;
      try (PreparedStatement query = connection.prepareStatement("select ?::int + 1, ?::text")) {
        for (int i = 0; i < 200; i++) {
          query.setInt(1, i);
          query.setString(2, "text " + i);
          try (ResultSet rows = query.executeQuery()) {
            rows.next();
            if (rows.getInt(1) == i + 1 && rows.getString(2).equals("text " + i)) right++;
          }
        }
      }

      execute(connection, "create table " + table + " (id int primary key, note text)");
      connection.setAutoCommit(false);
      insert(connection, table, 0, 3);
      connection.commit();
      String committed = one(connection, "select count(*) from " + table);
      connection.commit();
      insert(connection, table, 3, 5);
      connection.rollback();
      String rolledBack = one(connection, "select count(*) from " + table);
      connection.commit();

      String sqlstate = sqlstateOf(connection, "select 1 / 0");
      String afterwards = sqlstateOf(connection, "select 1");
      connection.rollback();
      connection.setAutoCommit(true);
      String recovered = one(connection, "select 42");

      int large = 0;
      long bytes = 0;
      try (PreparedStatement query =
          connection.prepareStatement("select i, repeat(chr(97 + i % 26), 1000) from generate_series(1, ?) i")) {
        query.setInt(1, 50_000);
        try (ResultSet rows = query.executeQuery()) {
          while (rows.next()) {
            String expected = String.valueOf((char) (97 + rows.getInt(1) % 26)).repeat(1000);
            String text = rows.getString(2);
            if (text.equals(expected)) large++;
            bytes += text.length();
          }
        }
      }

      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      StringBuilder lines = new StringBuilder();
      for (int i = 1000; i < 2000; i++) lines.append(i).append("\tcopied ").append(i).append('\n');
      long copiedIn = copy.copyIn("copy " + table + " from stdin", new StringReader(lines.toString()));
      StringWriter copied = new StringWriter();
      long copiedOut = copy.copyOut("copy (select * from " + table + " where id >= 1000) to stdout", copied);

      habit("batch", () -> batch(connection, table));
      habit("cursor by fetch size", () -> fetchSize(connection));
      habit("statement timeout by cancel", () -> cancel(connection));
      execute(connection, "drop table " + table);

      String version = connection.getMetaData().getDriverVersion();
      System.out.println(
          "{\"client\":\"pgjdbc " + version + "\",\"serverTls\":" + serverTls + ",\"parameterised\":" + right
              + ",\"transaction\":{\"committed\":" + committed + ",\"rolledBack\":" + rolledBack + "}"
              + ",\"error\":{\"sqlstate\":\"" + sqlstate + "\",\"afterwards\":\"" + afterwards
              + "\",\"recovered\":" + recovered + "},\"large\":{\"rows\":" + large + ",\"bytes\":" + bytes + "}"
              + ",\"copy\":{\"in\":" + copiedIn + ",\"out\":" + copiedOut + "},\"habits\":{"
              + String.join(",", habits) + "}}");
    }
  }

  static void batch(Connection connection, String table) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?, ?)")) {
      for (int i = 5000; i < 5100; i++) {
        insert.setInt(1, i);
        insert.setString(2, "batched");
        insert.addBatch();
      }
      int sum = 0;
      for (int count : insert.executeBatch()) sum += count;
      if (sum != 100) throw new SQLException("the batch changed " + sum + " rows");
    }
  }

  static void fetchSize(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(10);
      int sum = 0;
      try (ResultSet rows = statement.executeQuery("select generate_series(1, 100)")) {
        while (rows.next()) sum += rows.getInt(1);
      }
      if (sum != 5050) throw new SQLException("the cursor summed to " + sum);
    } finally {
      connection.commit();
      connection.setAutoCommit(true);
    }
  }

  static void cancel(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // The driver sends a cancel request over a connection of its own.
      statement.setQueryTimeout(1);
      statement.execute("select pg_sleep(30)");
      throw new SQLException("the query was not cancelled");
    } catch (SQLException error) {
      if (!"57014".equals(error.getSQLState())) throw error;
    }
  }

  static void habit(String name, Step step) {
    String outcome = "ok";
    try {
      step.run();
    } catch (Exception error) {
      outcome = error.toString().replaceAll("[\"\\\\\\n]", " ");
    }
    habits.add("\"" + name + "\":\"" + outcome + "\"");
  }

  static void insert(Connection connection, String table, int from, int to) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?, ?)")) {
      for (int i = from; i < to; i++) {
        insert.setInt(1, i);
        insert.setString(2, "row");
        insert.executeUpdate();
      }
    }
  }

  static void execute(Connection connection, String text) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(text);
    }
  }

  static String one(Connection connection, String text) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(text)) {
      rows.next();
      return rows.getString(1);
    }
  }

  static String sqlstateOf(Connection connection, String text) {
    try {
      execute(connection, text);
      return "none";
    } catch (SQLException error) {
      return error.getSQLState();
    }
  }
}
