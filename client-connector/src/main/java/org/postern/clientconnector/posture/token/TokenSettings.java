package org.postern.clientconnector.posture.token;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which PKCS #11 modules are asked.
 *
 * @param modules their files
 * @param pinFile holds the PIN for tokens that ask for one; empty: there is none
 */
public record TokenSettings(List<String> modules, String pinFile) {
  private static final List<String> NAMES = List.of("p11-kit-proxy.so", "libp11-kit.so.0");

  /** Copies the list. */
  public TokenSettings {
    modules = List.copyOf(modules);
  }

  /** The module that stands for all that the machine has (p11-kit), if it is installed. */
  public static List<String> modulesOfMachine() {
    List<Path> folders = new ArrayList<>(List.of(Path.of("/usr/lib64"), Path.of("/usr/lib")));
    try (DirectoryStream<Path> more =
        Files.newDirectoryStream(Path.of("/usr/lib"), "*-linux-gnu*")) {
      more.forEach(folders::add);
    } catch (IOException e) {
      // Then there are only the usual ones.
    }
    for (Path folder : folders) {
      for (String name : NAMES) {
        Path module = folder.resolve(name);
        if (Files.isReadable(module)) {
          return List.of(module.toString());
        }
      }
    }
    return List.of();
  }
}
