package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.country.CountryFile;

final class CountryFileTest {
  @TempDir private Path folder;

  private Path written(CountryDatabase database) throws Exception {
    return Files.write(folder.resolve("countries.mmdb"), database.bytes());
  }

  private static String of(CountryFile file, String address) throws Exception {
    return file.of(InetAddress.getByName(address)).orElse("");
  }

  @Test
  void countryIsThatOfTheNarrowestNetworkInWhateverWayTheFileSaysIt() throws Exception {
    CountryFile file =
        CountryFile.open(
            written(
                new CountryDatabase()
                    .country("192.0.2.0", 24, "DE")
                    .with("198.51.100.0", 24, Map.of("country", "FR"))
                    .with("203.0.113.0", 24, Map.of("country", "Italy", "country_code", "IT"))
                    .with("10.0.0.0", 8, Map.of("city", Map.of("en", "nowhere")))));
    assertThat(of(file, "192.0.2.7")).isEqualTo("DE");
    assertThat(of(file, "198.51.100.7")).isEqualTo("FR");
    assertThat(of(file, "203.0.113.7")).isEqualTo("IT");
    assertThat(of(file, "10.1.2.3")).isEmpty();
    assertThat(of(file, "127.0.0.1")).isEmpty();
    assertThat(of(file, "2001:db8::1")).isEmpty();
  }

  @Test
  void fileThatIsNoGoodIsRefusedWithTheReason() throws Exception {
    Path text = Files.writeString(folder.resolve("text"), "country,DE\n");
    assertThatThrownBy(() -> CountryFile.open(text))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("it is no MaxMind DB file");
    Path networks = written(new CountryDatabase().with("10.0.0.0", 8, Map.of("isp", "somebody")));
    assertThatThrownBy(() -> CountryFile.open(networks))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("it holds no countries, its type is Test-Country")
        .hasMessageContaining("expected: a database of countries or cities");
  }

  @Test
  void anotherFileIsTakenAndABadOneLeavesTheOldInUse() throws Exception {
    Path place = written(new CountryDatabase().country("192.0.2.0", 24, "DE"));
    CountryFile file = CountryFile.open(place);
    assertThat(file.reload()).isFalse();
    Files.write(place, new byte[1_000]);
    assertThat(file.reload()).isFalse();
    assertThat(of(file, "192.0.2.7")).isEqualTo("DE");
    Files.delete(place);
    assertThat(file.reload()).isFalse();
    assertThat(of(file, "192.0.2.7")).isEqualTo("DE");
    written(new CountryDatabase().country("192.0.0.0", 16, "FR"));
    assertThat(file.reload()).isTrue();
    assertThat(of(file, "192.0.2.7")).isEqualTo("FR");
  }
}
