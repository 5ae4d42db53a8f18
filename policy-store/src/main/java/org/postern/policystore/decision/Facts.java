package org.postern.policystore.decision;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ClientType;
import org.postern.policystore.Platform;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.Truth;

/// What is known about a subject's device, its network and itself at this moment, beside what the
/// snapshot holds (groups, attributes, session, approvals). Null, and what is not in a map, is a
/// missing fact. Whoever learns of a new fact makes new facts and asks for a new view of the
/// subject.
///
/// @param clientType how the question comes in
/// @param platform the device's operating system
/// @param posture what posture profiles came to, by name
/// @param source the address from which the broker sees the device, as a range of one
/// @param trustedNetworks names of the trusted networks that the device says it is on
/// @param country of the source address, ISO 3166 alpha-2 in upper case
/// @param risk how risky the subject is held to be
public record Facts(
    @Nullable ClientType clientType,
    @Nullable Platform platform,
    Map<String, Truth> posture,
    @Nullable AddressRange source,
    @Nullable Set<String> trustedNetworks,
    @Nullable String country,
    @Nullable RiskLevel risk) {

  /// Nothing is known.
  public static final Facts NONE = new Facts(null, null, Map.of(), null, null, null, null);

  /// Copies what could change.
  public Facts {
    posture = Map.copyOf(posture);
    trustedNetworks = trustedNetworks == null ? null : Set.copyOf(trustedNetworks);
  }

  /// The same with the results of posture profiles.
  public Facts withPosture(Map<String, Truth> results) {
    return new Facts(clientType, platform, results, source, trustedNetworks, country, risk);
  }

  /// The same with a country.
  public Facts withCountry(@Nullable String code) {
    return new Facts(clientType, platform, posture, source, trustedNetworks, code, risk);
  }

  /// The same with a risk level.
  public Facts withRisk(@Nullable RiskLevel level) {
    return new Facts(clientType, platform, posture, source, trustedNetworks, country, level);
  }

  /// The same with the trusted networks that the device says it is on.
  public Facts withTrustedNetworks(@Nullable Set<String> names) {
    return new Facts(clientType, platform, posture, source, names, country, risk);
  }
}
