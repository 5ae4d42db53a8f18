package org.postern.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.postern.broker.access.Countries;
import org.postern.broker.bootstrap.StartException;
import org.postern.broker.country.CountryFile;

/** The operator's country file, if there is one. */
record CountryRoom(Optional<CountryFile> file) implements Countries {
  /** How often the file is looked at. */
  static final Duration PAUSE = Duration.ofSeconds(2);

  static CountryRoom open(Optional<Path> path) throws StartException {
    if (path.isEmpty()) {
      return new CountryRoom(Optional.empty());
    }
    try {
      return new CountryRoom(Optional.of(CountryFile.open(path.get())));
    } catch (IOException e) {
      throw new StartException(
          "--country-db %s cannot be used: %s".formatted(path.get(), e.getMessage()), e);
    }
  }

  @Override
  public Optional<String> of(InetAddress address) {
    return file.flatMap(known -> known.of(address));
  }

  /** Looks at the file; whoever depends on it is told if it is another one now. Blocking. */
  void look(Runnable changed) {
    if (file.filter(CountryFile::reload).isPresent()) {
      changed.run();
    }
  }
}
