package org.postern.broker.signin.saml;

import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import org.opensaml.saml.common.xml.SAMLConstants;
import org.opensaml.saml.saml2.core.NameIDType;
import org.opensaml.saml.saml2.metadata.AssertionConsumerService;
import org.opensaml.saml.saml2.metadata.EntityDescriptor;
import org.opensaml.saml.saml2.metadata.KeyDescriptor;
import org.opensaml.saml.saml2.metadata.NameIDFormat;
import org.opensaml.saml.saml2.metadata.SPSSODescriptor;
import org.opensaml.saml.saml2.metadata.SingleLogoutService;
import org.opensaml.security.credential.UsageType;
import org.opensaml.xmlsec.signature.KeyInfo;
import org.opensaml.xmlsec.signature.X509Certificate;
import org.opensaml.xmlsec.signature.X509Data;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.identity.ServiceKey;

/** What we say about ourselves to a provider (SAML 2.0 Metadata). */
final class ServiceMetadata {
  private ServiceMetadata() {}

  /** Two signing keys during a rotation; one to encrypt to. */
  static String write(ServicePlaces places, ServiceKeyRing.Keys keys) {
    EntityDescriptor entity =
        OpenSaml.make(EntityDescriptor.class, EntityDescriptor.DEFAULT_ELEMENT_NAME);
    entity.setEntityID(places.entityId());
    SPSSODescriptor role =
        OpenSaml.make(SPSSODescriptor.class, SPSSODescriptor.DEFAULT_ELEMENT_NAME);
    role.addSupportedProtocol(SAMLConstants.SAML20P_NS);
    role.setAuthnRequestsSigned(true);
    role.setWantAssertionsSigned(true);
    keys.announced().forEach(key -> role.getKeyDescriptors().add(key(key, UsageType.SIGNING)));
    role.getKeyDescriptors().add(key(keys.active(), UsageType.ENCRYPTION));
    for (String binding :
        new String[] {
          SAMLConstants.SAML2_REDIRECT_BINDING_URI, SAMLConstants.SAML2_POST_BINDING_URI
        }) {
      SingleLogoutService logout =
          OpenSaml.make(SingleLogoutService.class, SingleLogoutService.DEFAULT_ELEMENT_NAME);
      logout.setBinding(binding);
      logout.setLocation(places.signOut().toString());
      role.getSingleLogoutServices().add(logout);
    }
    NameIDFormat format = OpenSaml.make(NameIDFormat.class, NameIDFormat.DEFAULT_ELEMENT_NAME);
    format.setURI(NameIDType.PERSISTENT);
    role.getNameIDFormats().add(format);
    AtomicInteger index = new AtomicInteger();
    places
        .consumers()
        .forEach(each -> {
          AssertionConsumerService consumer =
              OpenSaml.make(
                  AssertionConsumerService.class, AssertionConsumerService.DEFAULT_ELEMENT_NAME);
          consumer.setBinding(SAMLConstants.SAML2_POST_BINDING_URI);
          consumer.setLocation(each.toString());
          consumer.setIsDefault(index.get() == 0);
          consumer.setIndex(index.getAndIncrement());
          role.getAssertionConsumerServices().add(consumer);
        });
    entity.getRoleDescriptors().add(role);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + Messages.text(OpenSaml.write(entity));
  }

  private static KeyDescriptor key(ServiceKey key, UsageType use) {
    X509Certificate certificate =
        OpenSaml.make(X509Certificate.class, X509Certificate.DEFAULT_ELEMENT_NAME);
    certificate.setValue(Base64.getEncoder().encodeToString(key.certificate()));
    X509Data data = OpenSaml.make(X509Data.class, X509Data.DEFAULT_ELEMENT_NAME);
    data.getX509Certificates().add(certificate);
    KeyInfo info = OpenSaml.make(KeyInfo.class, KeyInfo.DEFAULT_ELEMENT_NAME);
    info.getX509Datas().add(data);
    KeyDescriptor descriptor =
        OpenSaml.make(KeyDescriptor.class, KeyDescriptor.DEFAULT_ELEMENT_NAME);
    descriptor.setUse(use);
    descriptor.setKeyInfo(info);
    return descriptor;
  }
}
