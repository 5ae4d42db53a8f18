package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** What is said of a handshake that failed. */
final class TlsTroubleTest {
  private static SSLException because(Exception cause) {
    SSLHandshakeException failure = new SSLHandshakeException("certificate_unknown");
    failure.initCause(new CertificateException("PKIX path validation failed", cause));
    return failure;
  }

  @Test
  void whatLiesDeepestIsNamed() {
    assertThat(TlsTrouble.behind(because(new CertificateExpiredException())))
        .contains(TlsTrouble.EXPIRED);
    assertThat(TlsTrouble.behind(because(new CertificateNotYetValidException())))
        .contains(TlsTrouble.NOT_YET_VALID);
    assertThat(TlsTrouble.behind(because(new CertPathBuilderException())))
        .contains(TlsTrouble.UNTRUSTED);
    assertThat(TlsTrouble.behind(because(new IOException()))).contains(TlsTrouble.OTHER_NAME);
    assertThat(TlsTrouble.behind(new SSLException("no protocol"))).contains(TlsTrouble.FAILED);
    assertThat(TlsTrouble.behind(new IOException("refused"))).isEmpty();
  }
}
