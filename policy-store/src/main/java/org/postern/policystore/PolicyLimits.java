package org.postern.policystore;

/// Every limit of this module.
///
/// @param documentBytes size of a policy document in UTF-8; 50,000 applications and 10,000 rules
///   have about 10 MB
/// @param depth nesting of a policy document
/// @param errors mistakes that are reported of one document
/// @param applications applications in all
/// @param rules access rules in all
/// @param groups user groups in all
/// @param postureProfiles posture profiles in all
/// @param entries hosts, ports, members or references in one list
/// @param references rules times the applications that they name, in all
/// @param devicesPerUser devices that one user may have at a time
/// @param signInsPending sign-ins that may be under way at a time
/// @param deviceCodesPending devices without a browser that may wait for their sign-in at a time
public record PolicyLimits(
    int documentBytes,
    int depth,
    int errors,
    int applications,
    int rules,
    int groups,
    int postureProfiles,
    int entries,
    int references,
    int devicesPerUser,
    int signInsPending,
    int deviceCodesPending) {

  /// What the product ships with.
  public static final PolicyLimits DEFAULT =
      new PolicyLimits(
          32 * 1024 * 1024,
          12,
          100,
          50_000,
          10_000,
          20_000,
          500,
          20_000,
          1_000_000,
          10,
          10_000,
          1_000);

  /// The same for documents of another size.
  public PolicyLimits withDocumentBytes(int bytes) {
    return new PolicyLimits(
        bytes,
        depth,
        errors,
        applications,
        rules,
        groups,
        postureProfiles,
        entries,
        references,
        devicesPerUser,
        signInsPending,
        deviceCodesPending);
  }
}
