package org.postern.broker.signin.saml;

import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.xml.namespace.QName;
import org.opensaml.core.config.InitializationException;
import org.opensaml.core.config.InitializationService;
import org.opensaml.core.xml.XMLObject;
import org.opensaml.core.xml.config.XMLObjectProviderRegistrySupport;
import org.opensaml.core.xml.io.Marshaller;
import org.opensaml.core.xml.io.MarshallingException;
import org.opensaml.core.xml.io.Unmarshaller;
import org.opensaml.core.xml.io.UnmarshallingException;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.w3c.dom.Element;

/** The library, started once: elements to objects, objects to elements. Safe on any thread. */
final class OpenSaml {
  /** Says every refused signature again, at the pace of strangers. */
  private static final Logger NOISE = Logger.getLogger("org.apache.xml.security");

  static {
    NOISE.setLevel(Level.OFF);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(OpenSaml.class.getClassLoader());
    try {
      InitializationService.initialize();
    } catch (InitializationException e) {
      throw new IllegalStateException("OpenSAML cannot start", e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private OpenSaml() {}

  /** Starts the library if that has not happened yet. */
  static void start() {
    // The class being loaded is all.
  }

  /** An empty object of an element's name. */
  static <T extends XMLObject> T make(Class<T> kind, QName name) {
    return kind.cast(
        XMLObjectProviderRegistrySupport.getBuilderFactory()
            .getBuilderOrThrow(name)
            .buildObject(name));
  }

  /** The object of an element that must be of a kind. */
  static <T extends XMLObject> T read(Class<T> kind, Element element) throws SignInException {
    Unmarshaller unmarshaller =
        XMLObjectProviderRegistrySupport.getUnmarshallerFactory().getUnmarshaller(element);
    try {
      XMLObject object = unmarshaller == null ? null : unmarshaller.unmarshall(element);
      if (kind.isInstance(object)) {
        return kind.cast(object);
      }
    } catch (UnmarshallingException | RuntimeException e) {
      throw new SignInException(
          SignInFault.SAML_UNREADABLE, "not as its schema says: " + e.getMessage(), e);
    }
    throw new SignInException(
        SignInFault.SAML_SHAPE,
        "the element is " + element.getLocalName() + " (expected: " + kind.getSimpleName() + ")");
  }

  /** The element of an object. */
  static Element write(XMLObject object) {
    try {
      Marshaller marshaller =
          Objects.requireNonNull(
              XMLObjectProviderRegistrySupport.getMarshallerFactory().getMarshaller(object));
      return marshaller.marshall(object);
    } catch (MarshallingException e) {
      throw new AssertionError("our own messages can be written", e);
    }
  }
}
