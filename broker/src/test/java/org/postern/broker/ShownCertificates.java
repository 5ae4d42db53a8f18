package org.postern.broker;

import io.netty.pkitesting.X509Bundle;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** A server's certificates, another one at each handshake as long as there are others. */
final class ShownCertificates extends X509ExtendedKeyManager {
  private final Map<String, X509Bundle> known = new ConcurrentHashMap<>();
  private final ConcurrentLinkedDeque<String> next = new ConcurrentLinkedDeque<>();

  /** Shown next; the last one that was added stays. */
  void then(X509Bundle bundle) {
    String alias = "c" + known.size();
    known.put(alias, bundle);
    next.add(alias);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    if (!keyType.equals("EC")) {
      return null;
    }
    return next.size() > 1 ? next.poll() : next.peek();
  }

  private X509Bundle bundle(String alias) {
    X509Bundle bundle = known.get(alias);
    if (bundle == null) {
      throw new IllegalArgumentException(alias);
    }
    return bundle;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return bundle(alias).getCertificatePath();
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return bundle(alias).getKeyPair().getPrivate();
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return known.keySet().toArray(String[]::new);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return chooseEngineServerAlias(keyType, issuers, null);
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
