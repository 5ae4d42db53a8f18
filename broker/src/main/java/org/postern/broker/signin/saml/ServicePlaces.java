package org.postern.broker.signin.saml;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Saml;

/**
 * Our own addresses towards one provider. Each provider has its own, so that an answer of one
 * cannot be taken for an answer of another.
 *
 * @param entityId what we are called
 * @param consumers where responses arrive; the first is asked for
 */
record ServicePlaces(String entityId, List<URI> consumers, URI signOut, URI metadata) {
  ServicePlaces {
    consumers = List.copyOf(consumers);
  }

  static ServicePlaces of(IdentityProvider provider, Saml saml, URI publicUrl) {
    String path = "/signin/saml/" + provider.name();
    List<URI> consumers = new ArrayList<>();
    consumers.add(publicUrl.resolve(path + "/acs"));
    for (String more : saml.consumerUrls()) {
      consumers.add(URI.create(more).resolve(path + "/acs"));
    }
    return new ServicePlaces(
        publicUrl.resolve(path).toString(),
        consumers,
        publicUrl.resolve(path + "/slo"),
        publicUrl.resolve(path + "/metadata"));
  }

  boolean isConsumer(String address) {
    return consumers.stream().anyMatch(each -> each.toString().equals(address));
  }
}
