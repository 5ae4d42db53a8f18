package org.postern.tunnel.link;

import java.util.Objects;
import java.util.Optional;

/**
 * Proxy through which a site lets connections out.
 *
 * @param kind which protocol it speaks
 * @param host its name or address
 * @param port its port
 * @param login what it asks for, if anything
 */
public record EgressProxy(Kind kind, String host, int port, Optional<Login> login) {
  /** Checks the port. */
  public EgressProxy {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(host, "host");
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port: %d (expected: 1 to 65535)".formatted(port));
    }
  }

  /** Protocols that egress proxies speak. */
  public enum Kind {
    /** CONNECT (RFC 9110 section 9.3.6). */
    HTTP_CONNECT,
    /** SOCKS 5 (RFC 1928), with RFC 1929 when there is a login. */
    SOCKS5
  }

  /** User name and password; the password is not in {@code toString}. */
  public record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login[" + user + ", ***]";
    }
  }
}
