package org.postern.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A PostgreSQL that listens inside the VPC only, of the programs that the broker brings along. */
final class PrivateDatabase {
  /** What is in it. */
  static final String CONTENT =
      "create table if not exists orders (id int primary key, what text);"
          + " insert into orders select i, 'order ' || i from generate_series(1, 1000) i"
          + " on conflict do nothing";

  private static final String SCRIPT =
      """
      set -e
      programs=$1 data=$2 address=$3 port=$4
      "$programs/initdb" -D "$data" -U demo --auth=trust --no-sync -E UTF8 --locale=C.UTF-8
      echo 'host all all all trust' >> "$data/pg_hba.conf"
      exec "$programs/postgres" -D "$data" -c listen_addresses="$address" -c port="$port" \\
        -c unix_socket_directories= -c fsync=off -c shared_buffers=32MB
      """;

  private PrivateDatabase() {}

  /**
   * Starts making it; it answers a moment later.
   *
   * @param unpacked where the broker may have unpacked its programs
   */
  static Program start(Ground ground, Path work, List<Path> unpacked) throws DemoException {
    List<String> command = new ArrayList<>();
    if (ground.apart() || "root".equals(System.getProperty("user.name"))) {
      // PostgreSQL refuses to run as root; without privileges it still owns its files.
      command.addAll(List.of("unshare", "--user"));
    }
    Layout.App orders = ground.layout().orders();
    command.addAll(List.of("sh", "-c", SCRIPT, "private-database"));
    command.add(programs(unpacked).toString());
    command.add(work.resolve("orders").toString());
    command.add(orders.address());
    command.add(Integer.toString(orders.port()));
    return Program.start(
        new Program.Order("database", ground.in(Room.VPC, command), Map.of("LC_ALL", "C")), work);
  }

  private static Path programs(List<Path> places) throws DemoException {
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        try (Stream<Path> entries = Files.list(place)) {
          Optional<Path> found =
              entries
                  .map(each -> each.resolve("bin"))
                  .filter(each -> Files.isExecutable(each.resolve("initdb")))
                  .max(Comparator.naturalOrder());
          if (found.isPresent()) {
            return found.get();
          }
        } catch (IOException e) {
          throw new DemoException("cannot look into " + place + ": " + e.getMessage(), e);
        }
      }
    }
    throw new DemoException("no PostgreSQL programs in " + places);
  }
}
