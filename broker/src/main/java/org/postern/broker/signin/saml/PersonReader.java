package org.postern.broker.signin.saml;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.opensaml.core.xml.XMLObject;
import org.opensaml.saml.saml2.core.Assertion;
import org.opensaml.saml.saml2.core.Attribute;
import org.opensaml.saml.saml2.core.AttributeStatement;
import org.opensaml.saml.saml2.core.AuthnContext;
import org.opensaml.saml.saml2.core.AuthnStatement;
import org.opensaml.saml.saml2.core.NameID;
import org.opensaml.saml.saml2.core.NameIDType;
import org.opensaml.saml.saml2.core.Subject;
import org.postern.broker.signin.Asserted;
import org.postern.broker.signin.Mapping;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.Authentication;
import org.postern.policystore.EmailAddress;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.SessionRecord.SignInMethod;
import org.w3c.dom.Element;

/** Who a believed assertion is about. Safe on any thread. */
final class PersonReader {
  static final String NAME_ID = "NameID";
  private static final String CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
  private static final List<String> EMAIL_NAMES =
      List.of(
          "email",
          "mail",
          "emailAddress",
          "urn:oid:0.9.2342.19200300.100.1.3",
          "urn:oid:1.2.840.113549.1.9.1",
          CLAIMS + "emailaddress");
  private static final List<String> DISPLAY_NAMES =
      List.of("displayName", "urn:oid:2.16.840.1.113730.3.1.241", "name", "cn", CLAIMS + "name");

  private final Saml saml;
  private final Mapping mapping;
  private final SignInLimits limits;

  PersonReader(IdentityProvider provider, Saml saml, SignInLimits limits) {
    this.saml = saml;
    this.mapping = new Mapping(provider, limits);
    this.limits = limits;
  }

  Asserted read(Subject subject, AuthnStatement statement, Assertion assertion)
      throws SignInException {
    Map<String, List<String>> said = attributes(assertion);
    NameID name = subject.getNameID();
    if (name != null && name.getValue() != null) {
      said.put(NAME_ID, List.of(name.getValue()));
    }
    String key = key(name, said);
    AuthnContext context = statement.getAuthnContext();
    boolean named = context != null && context.getAuthnContextClassRef() != null;
    String session = statement.getSessionIndex();
    return new Asserted(
        mapping.person(key, email(name, said), displayName(said), said),
        new Authentication(
            new SignInMethod(
                named ? String.valueOf(context.getAuthnContextClassRef().getURI()) : "", List.of()),
            statement.getAuthnInstant(),
            session == null ? "" : session),
        said);
  }

  /** What the person is known by for ever: so not what is made up for one visit, nor an address. */
  private String key(@org.jspecify.annotations.Nullable NameID name, Map<String, List<String>> said)
      throws SignInException {
    String source = saml.subject().isEmpty() ? NAME_ID : saml.subject();
    List<String> values = said.getOrDefault(source, List.of());
    if (values.size() != 1
        || values.getFirst().isBlank()
        || values.getFirst().length() > limits.textMax()) {
      throw new SignInException(
          SignInFault.SAML_SUBJECT,
          "%s has %d values (expected: one, of at most %d characters)"
              .formatted(source, values.size(), limits.textMax()));
    }
    String format = name == null || name.getFormat() == null ? "" : name.getFormat();
    boolean passing = NameIDType.TRANSIENT.equals(format);
    boolean address = NameIDType.EMAIL.equals(format) && saml.subject().isEmpty();
    if (source.equals(NAME_ID) && (passing || address)) {
      throw new SignInException(
          SignInFault.SAML_SUBJECT,
          "NameID is of format %s (expected: persistent; or set subject: to a lasting attribute)"
              .formatted(format));
    }
    return values.getFirst();
  }

  private String email(
      @org.jspecify.annotations.Nullable NameID name, Map<String, List<String>> said) {
    List<String> names = saml.email().isEmpty() ? EMAIL_NAMES : List.of(saml.email());
    String email = first(names, said);
    if (email.isEmpty()
        && name != null
        && NameIDType.EMAIL.equals(name.getFormat())
        && name.getValue() != null) {
      email = name.getValue();
    }
    return EmailAddress.of(email, limits.textMax());
  }

  private String displayName(Map<String, List<String>> said) {
    return first(saml.displayName().isEmpty() ? DISPLAY_NAMES : List.of(saml.displayName()), said);
  }

  private static String first(List<String> names, Map<String, List<String>> said) {
    for (String name : names) {
      List<String> values = said.getOrDefault(name, List.of());
      if (!values.isEmpty() && !values.getFirst().isBlank()) {
        return values.getFirst().strip();
      }
    }
    return "";
  }

  /** By name, and by friendly name where no attribute has that as its name. */
  private static Map<String, List<String>> attributes(Assertion assertion) {
    Map<String, List<String>> said = new TreeMap<>();
    Map<String, List<String>> friendly = new TreeMap<>();
    for (AttributeStatement statement : assertion.getAttributeStatements()) {
      for (Attribute attribute : statement.getAttributes()) {
        List<String> values = new ArrayList<>();
        for (XMLObject value : attribute.getAttributeValues()) {
          Element element = value.getDOM();
          if (element != null) {
            values.add(element.getTextContent());
          }
        }
        if (attribute.getName() != null) {
          said.computeIfAbsent(attribute.getName(), name -> new ArrayList<>()).addAll(values);
        }
        if (attribute.getFriendlyName() != null) {
          friendly
              .computeIfAbsent(attribute.getFriendlyName(), name -> new ArrayList<>())
              .addAll(values);
        }
      }
    }
    friendly.forEach(said::putIfAbsent);
    // The name is the subject's own; no attribute speaks for it.
    said.remove(NAME_ID);
    return said;
  }
}
