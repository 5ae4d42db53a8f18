package org.postern.broker.front;

/**
 * Certificate chain and private key of the HTTPS door.
 *
 * @param chain PEM, leaf first
 * @param key PEM, PKCS#8
 */
public record ServerPem(String chain, String key) {
  /** Without the key. */
  @Override
  public String toString() {
    return "ServerPem[hidden]";
  }
}
