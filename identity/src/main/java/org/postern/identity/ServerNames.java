package org.postern.identity;

import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** Names in the certificate of the HTTPS door. */
final class ServerNames {
  private static final int MAX_NAMES = 64;
  private static final int MAX_COMMON_NAME = 64;

  private ServerNames() {}

  static GeneralNames of(List<String> names) {
    if (names.isEmpty() || names.size() > MAX_NAMES) {
      throw new IllegalArgumentException(
          "HTTPS certificate for " + names.size() + " names; expected 1 to " + MAX_NAMES);
    }
    return new GeneralNames(names.stream().map(ServerNames::name).toArray(GeneralName[]::new));
  }

  static X500Name subject(String name) {
    if (name.length() > MAX_COMMON_NAME) {
      return new X500Name("O=Postern");
    }
    return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, name).build();
  }

  private static GeneralName name(String name) {
    if (NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name)) {
      return new GeneralName(GeneralName.iPAddress, name);
    }
    String lower = name.toLowerCase(Locale.ROOT);
    try {
      // The same shape as a trust domain: a DNS name that is not an address.
      var _ = new TrustDomain(lower.startsWith("*.") ? lower.substring(2) : lower);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "HTTPS certificate cannot be for \"" + name + "\"; expected a DNS name or an address", e);
    }
    return new GeneralName(GeneralName.dNSName, lower);
  }
}
