package org.postern.broker.signals;

import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.SignalEvents;
import org.postern.policystore.jdbc.SignalStreams;
import org.postern.policystore.jdbc.Users;

/** Where streams and events are kept, and the people and devices that they are about. */
public record SignalStores(
    SignalStreams streams, SignalEvents events, Users users, Devices devices) {}
