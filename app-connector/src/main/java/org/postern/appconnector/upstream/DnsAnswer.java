package org.postern.appconnector.upstream;

import java.net.InetAddress;
import java.util.List;

/** What came of one question: one name, one record type. */
sealed interface DnsAnswer {

  /** Addresses of one family; {@code ttlSeconds} is the smallest of all records they came from. */
  record Addresses(List<InetAddress> addresses, long ttlSeconds) implements DnsAnswer {}

  /** The name does not exist, or has no address of this family. */
  record None(String text) implements DnsAnswer {}

  /** No server answered, or none knew. */
  record Failure(String text) implements DnsAnswer {}
}
