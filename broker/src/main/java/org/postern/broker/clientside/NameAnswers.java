package org.postern.broker.clientside;

import org.postern.broker.access.DeviceAccess;
import org.postern.broker.access.DeviceHosts;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Resolve;
import org.postern.tunnel.message.Resolved;

/** Answers a device's questions for names. Confined to the device's loop. */
final class NameAnswers {
  private final ClientSide side;
  private final DeviceOnBroker device;
  private final TokenBucket resolves;
  private final DenialNotes notes;

  NameAnswers(ClientSide side, DeviceOnBroker device) {
    this.side = side;
    this.device = device;
    this.resolves = new TokenBucket(side.limits().resolvesPerSecond(), side.nanoTime());
    this.notes = new DenialNotes(side.nanoTime());
  }

  /** Answers first, and then keeps the denial: both take the same time whatever the name. */
  void resolve(Resolve question) {
    boolean asked = resolves.tryTake(side.nanoTime());
    Resolved answer = asked ? device.access().resolve(question) : DeviceAccess.nothing(question);
    device.link().send(Envelope.newBuilder().setResolved(answer).build());
    String host = DeviceHosts.canonical(question.getHost());
    if (asked && !answer.getPermitted() && notes.isNewName(host, side.nanoTime())) {
      device.access().keepName(side.decisionIds().next(), host);
    }
  }

  /** Denials that were kept may be kept again. */
  void policyChanged() {
    notes.forget();
  }
}
