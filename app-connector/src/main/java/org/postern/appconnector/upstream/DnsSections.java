package org.postern.appconnector.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.config.ConnectorLimits;

/**
 * What one response says about one name: the end of its alias chain and the addresses there. Only
 * records on the chain count; whatever else a server adds is not looked at.
 *
 * @param name the last name of the chain; the asked one if there was no alias
 * @param addresses of that name, of the asked type
 * @param ttlSeconds the smallest on the way
 * @param authoritativeEnd the response carries an SOA record: there is nothing more to be asked
 */
record DnsSections(
    String name, List<InetAddress> addresses, long ttlSeconds, boolean authoritativeEnd) {

  static DnsSections read(DnsResponse response, String asked, DnsRecordType type, int most) {
    String name = asked;
    long ttl = Long.MAX_VALUE;
    for (int hops = 0; hops < ConnectorLimits.Resolve.ALIASES_MAX; hops++) {
      DnsRawRecord alias = alias(response, name);
      if (alias == null) {
        break;
      }
      String target = target(alias);
      if (target.isEmpty()) {
        break;
      }
      ttl = Math.min(ttl, alias.timeToLive());
      name = target;
    }
    List<InetAddress> addresses = new ArrayList<>();
    for (int i = 0; i < response.count(DnsSection.ANSWER) && addresses.size() < most; i++) {
      DnsRecord record = response.recordAt(DnsSection.ANSWER, i);
      if (record.type().equals(type)
          && record instanceof DnsRawRecord raw
          && sameName(record, name)
          && raw.content().readableBytes() == (type.equals(DnsRecordType.A) ? 4 : 16)) {
        addresses.add(SystemResolver.toAddress(ByteBufUtil.getBytes(raw.content())));
        ttl = Math.min(ttl, record.timeToLive());
      }
    }
    return new DnsSections(name, addresses, ttl, hasStartOfAuthority(response));
  }

  private static @Nullable DnsRawRecord alias(DnsResponse response, String name) {
    for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
      DnsRecord record = response.recordAt(DnsSection.ANSWER, i);
      if (record.type().equals(DnsRecordType.CNAME)
          && record instanceof DnsRawRecord raw
          && sameName(record, name)) {
        return raw;
      }
    }
    return null;
  }

  /** The name that an alias points to, or an empty one if it is malformed. */
  private static String target(DnsRawRecord alias) {
    ByteBuf content = alias.content().duplicate();
    try {
      return canonical(DefaultDnsRecordDecoder.decodeName(content));
    } catch (CorruptedFrameException | IndexOutOfBoundsException e) {
      return "";
    }
  }

  private static boolean sameName(DnsRecord record, String name) {
    return canonical(record.name()).equals(name);
  }

  private static String canonical(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  private static boolean hasStartOfAuthority(DnsResponse response) {
    for (int i = 0; i < response.count(DnsSection.AUTHORITY); i++) {
      if (response.recordAt(DnsSection.AUTHORITY, i).type().equals(DnsRecordType.SOA)) {
        return true;
      }
    }
    return false;
  }
}
