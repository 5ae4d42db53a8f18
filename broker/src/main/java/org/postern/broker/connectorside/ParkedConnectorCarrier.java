package org.postern.broker.connectorside;

import org.jspecify.annotations.Nullable;
import org.postern.broker.rendezvous.OfferDesk;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.link.BrokerCarrierListener;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/**
 * A connector's carrier: parked, then offered a lane once. Confined to the carrier's event loop.
 */
final class ParkedConnectorCarrier implements OfferDesk, BrokerCarrierListener {
  private final BrokerCarrier carrier;
  private final CarrierLot lot;
  private @Nullable Listener listener;

  ParkedConnectorCarrier(BrokerCarrier carrier, CarrierLot lot) {
    this.carrier = carrier;
    this.lot = lot;
  }

  @Override
  public BrokerCarrier carrier() {
    return carrier;
  }

  @Override
  public void offer(LaneOffer offer, Listener listener) {
    this.listener = listener;
    if (!carrier.isOpen()) {
      listener.lost();
      return;
    }
    carrier.offer(offer);
  }

  @Override
  public void onLaneRequest(BrokerCarrier from, LaneRequest request) {
    from.close(ReasonCode.KIND_NOT_ALLOWED, "an app connector asks for no lanes");
  }

  @Override
  public void onLaneAnswer(BrokerCarrier from, LaneAnswer answer) {
    if (listener != null) {
      listener.answered(answer);
    }
  }

  @Override
  public void onLaneRefused(BrokerCarrier from, LaneRefused refused) {
    if (listener != null) {
      listener.refused(refused);
    }
  }

  @Override
  public void onClosed(BrokerCarrier from, ReasonCode reason, String text) {
    if (listener == null) {
      lot.forget(this);
    } else {
      listener.lost();
    }
  }
}
