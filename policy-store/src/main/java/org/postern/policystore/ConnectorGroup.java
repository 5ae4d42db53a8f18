package org.postern.policystore;

/// App connectors that reach the same network and are interchangeable. Its name is its id.
public record ConnectorGroup(String name) {}
