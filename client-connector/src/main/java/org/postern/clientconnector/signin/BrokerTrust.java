package org.postern.clientconnector.signin;

import java.nio.file.Path;
import org.postern.identity.TrustBundle;

/** Why the broker's HTTPS door may be believed at the first contact. */
public sealed interface BrokerTrust {
  /** The deployment's root certificate has this SHA-256 fingerprint, in hex. */
  record Fingerprint(String sha256) implements BrokerTrust {}

  /** The door's certificate leads to a root in this PEM file. */
  record CaFile(Path file) implements BrokerTrust {}

  /** The door's certificate leads to the deployment's root, as this device has known it before. */
  record Known(TrustBundle trust) implements BrokerTrust {}

  /** The door's certificate leads to a root that this machine trusts. */
  record Machine() implements BrokerTrust {}
}
