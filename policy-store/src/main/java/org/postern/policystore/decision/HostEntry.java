package org.postern.policystore.decision;

import org.postern.policystore.Transport;

/// The applications that list one and the same host pattern, nearly always one. Their ports do not
/// overlap.
final class HostEntry {
  final CompiledApplication[] applications;

  HostEntry(CompiledApplication... applications) {
    this.applications = applications;
  }

  HostEntry and(CompiledApplication another) {
    CompiledApplication[] more = java.util.Arrays.copyOf(applications, applications.length + 1);
    more[applications.length] = another;
    return new HostEntry(more);
  }

  /// The application with that port, or the one given.
  CompiledApplication withPort(int port, Transport transport, CompiledApplication otherwise) {
    CompiledApplication found = otherwise;
    for (CompiledApplication application : applications) {
      if (application.hasPort(port, transport)) {
        found = application;
      }
    }
    return found;
  }
}
