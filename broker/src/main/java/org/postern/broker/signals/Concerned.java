package org.postern.broker.signals;

import java.util.List;

/**
 * Whom an event is about, here.
 *
 * @param users ids; empty: nobody we know, or nobody named
 * @param session the provider's name of a session, empty if none is named
 * @param device id of a device, empty if none is named or known
 * @param opaque the id of a subject that is only an id: of a stream, say; else empty
 * @param text for people to read
 */
record Concerned(List<String> users, String session, String device, String opaque, String text) {
  Concerned {
    users = List.copyOf(users);
  }
}
