package org.postern.clientconnector.local.resolver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.postern.clientconnector.local.OwnedNames;

/**
 * Whoever keeps this machine's list of name servers, as far as we may talk to it. Each change is
 * journalled before it is made. Blocks; used by one thread at a time.
 */
public interface MachineResolver {

  /** Who it is, for {@code postern status}. */
  String kind();

  /**
   * Sends questions to us: those about our names, or all of them where it cannot tell names apart.
   * Calling it again with the same names and zones changes nothing; it also repairs what somebody
   * else changed meanwhile.
   */
  void point(OwnedNames owned) throws IOException;

  /** The name servers that other questions go to, best first, never ourselves. */
  List<InetSocketAddress> upstreams() throws IOException;
}
