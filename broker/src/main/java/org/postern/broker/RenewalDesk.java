package org.postern.broker;

import com.google.protobuf.ByteString;
import java.util.concurrent.Executor;
import org.postern.broker.enroll.Renewals;
import org.postern.broker.rendezvous.Renewal;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.RenewRefused;
import org.postern.tunnel.message.Renewed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes renewals from control links, which must not block, to threads that may. */
final class RenewalDesk implements Renewal {
  private static final Logger LOG = LoggerFactory.getLogger(RenewalDesk.class);

  private final Renewals renewals;
  private final Executor blocking;

  RenewalDesk(Renewals renewals, Executor blocking) {
    this.renewals = renewals;
    this.blocking = blocking;
  }

  @Override
  public void renew(String spiffeId, Renew request, Reply reply) {
    blocking.execute(() -> answer(spiffeId, request, reply));
  }

  private void answer(String spiffeId, Renew request, Reply reply) {
    try {
      switch (renewals.renew(SpiffeId.parse(spiffeId), request.getCsrDer().toByteArray())) {
        case org.postern.broker.enroll.Renewal.Renewed renewed -> {
          Renewed.Builder answer = Renewed.newBuilder();
          renewed.chainDer().forEach(der -> answer.addChainDer(ByteString.copyFrom(der)));
          reply.renewed(answer.build());
        }
        case org.postern.broker.enroll.Renewal.Refused refused ->
            reply.refused(refusal(refused.reason(), refused.text()));
      }
    } catch (RuntimeException e) {
      LOG.warn("certificate of {} was not renewed", spiffeId, e);
      reply.refused(refusal(ReasonCode.BROKER_OVERLOADED, "try again in a minute"));
    }
  }

  private static RenewRefused refusal(ReasonCode reason, String text) {
    return RenewRefused.newBuilder().setReason(reason).setText(text).build();
  }
}
