package org.postern.identity;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Why a TLS handshake with somebody's server came to nothing, for who wants to mend it. */
public enum TlsTrouble {
  /** The server's certificate has ended. */
  EXPIRED,
  /** It is not valid yet. */
  NOT_YET_VALID,
  /** Nobody who is trusted has signed it. */
  UNTRUSTED,
  /** It is for another name, or otherwise not what it must be. */
  OTHER_NAME,
  /** No certificate is to blame. */
  FAILED;

  /** What lies behind a failure; empty if TLS has nothing to do with it. */
  public static Optional<TlsTrouble> behind(Throwable failure) {
    if (has(failure, CertificateExpiredException.class)) {
      return Optional.of(EXPIRED);
    }
    if (has(failure, CertificateNotYetValidException.class)) {
      return Optional.of(NOT_YET_VALID);
    }
    if (has(failure, CertPathBuilderException.class)
        || has(failure, CertPathValidatorException.class)) {
      return Optional.of(UNTRUSTED);
    }
    if (has(failure, CertificateException.class)) {
      return Optional.of(OTHER_NAME);
    }
    return has(failure, SSLException.class) ? Optional.of(FAILED) : Optional.empty();
  }

  private static boolean has(Throwable failure, Class<? extends Throwable> kind) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (kind.isInstance(each)) {
        return true;
      }
    }
    return false;
  }
}
