package org.postern.broker.rendezvous;

/** Receives a connector's carrier, or learns that there is none. Called once. */
public interface CarrierTaker {
  /** The carrier is the taker's from now on. Runs on the carrier's event loop. */
  void taken(OfferDesk carrier);

  /** No carrier was parked within the limit. Runs on the connector link's event loop. */
  void none();
}
