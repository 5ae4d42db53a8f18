package org.postern.broker.front;

import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** Real ClientHellos, as the JDK writes them. */
final class Hellos {
  private Hellos() {}

  static byte[] offering(String... alpn) {
    try {
      SSLEngine engine = SSLContext.getDefault().createSSLEngine("broker.example", 443);
      engine.setUseClientMode(true);
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setApplicationProtocols(alpn);
      engine.setSSLParameters(parameters);
      ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      engine.wrap(ByteBuffer.allocate(0), hello);
      byte[] bytes = new byte[hello.position()];
      hello.flip().get(bytes);
      return bytes;
    } catch (SSLException | NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
