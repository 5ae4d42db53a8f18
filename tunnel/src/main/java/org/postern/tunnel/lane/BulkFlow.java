package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Queue;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowState;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.message.ReasonCode;

/**
 * One flow that moves much, on its way to a loop for such flows, there, and back: with its lane and
 * its local channel, and a driver of its own. It comes back, without a lane, when the lane is lost;
 * what becomes of it is then decided at home.
 *
 * <p>Each field belongs to the home loop or to the other one, as said; flow, lane and local end
 * belong to the loop that works on them, and change hands only in a task that one loop gives the
 * other.
 */
final class BulkFlow implements MuxDriver.Listener {
  private final FlowEndpoint.Config config;
  private final MuxDriver home;
  private final BulkFlows flows;
  private final FlowState flow;
  private final LaneHandler lane;
  private final LocalEnd end;
  private final EventLoop loop;
  private final MuxDriver driver;

  /** Home: what has to wait for the flow to come back, or to have ended. */
  private final Queue<Runnable> whenBack = new ArrayDeque<>();

  BulkFlow(
      FlowEndpoint.Config config,
      MuxDriver home,
      BulkFlows flows,
      FlowState flow,
      LaneHandler lane,
      LocalEnd end,
      EventLoop loop) {
    this.config = config;
    this.home = home;
    this.flows = flows;
    this.flow = flow;
    this.lane = lane;
    this.end = end;
    this.loop = loop;
    this.driver = new MuxDriver(config.on(loop), this);
  }

  long flowId() {
    return flow.flowId();
  }

  ByteString laneId() {
    return lane.laneId();
  }

  // Leaving, at home.

  /** Takes both channels off their loop first; the flow goes when nothing is under way there. */
  void start() {
    Channel local = end.channel();
    Channel remote = lane.channel();
    // Without reading, the loop has at most one more read of each in its queue.
    local.config().setAutoRead(false);
    remote.config().setAutoRead(false);
    local
        .deregister()
        .addListener(
            first -> remote.deregister().addListener(second -> config.loop().execute(this::leave)));
  }

  private void leave() {
    home.run();
    if (home.mux().handover().mayLeave(flow) && isWhole()) {
      var port = home.mux().handover().leave(flow);
      home.lanes().remove(laneId());
      flows.left(this);
      lane.moveTo(driver);
      end.moveTo(driver);
      loop.execute(() -> {
        join(loop, lane.channel());
        join(loop, end.channel());
        driver.lanes().put(laneId(), lane);
        driver.mux().handover().arrive(flow, port, driver.now());
        goOn(driver);
      });
    } else {
      join(config.loop(), lane.channel());
      join(config.loop(), end.channel());
      goOn(home);
    }
  }

  private boolean isWhole() {
    return lane.channel().isActive() && end.channel().isActive();
  }

  /** On that loop; a channel that is closed meanwhile needs no loop any more. */
  private static void join(EventLoop target, Channel channel) {
    if (channel.isOpen() && !channel.isRegistered()) {
      target.register(channel);
    }
  }

  private void goOn(MuxDriver now) {
    lane.readOn();
    end.readOn();
    now.run();
  }

  // Asked at home.

  /** Ends the flow wherever it is by then; {@code done} runs at home afterwards. */
  void reset(ReasonCode reason, Runnable done) {
    there(
        () -> driver.act(() -> driver.mux().reset(flow, reason, EndedBy.OWNER, driver.now())),
        () -> home.act(() -> home.mux().reset(flow, reason, EndedBy.OWNER, home.now())),
        done);
  }

  /** The peer has reset it, on a lane at home. */
  void resetByPeer(ReasonCode reason) {
    there(
        () -> driver.act(() -> driver.mux().handover().resetByPeer(flow, reason, driver.now())),
        () -> home.act(() -> home.mux().handover().resetByPeer(flow, reason, home.now())),
        () -> {});
  }

  void setTimes(FlowTimes times) {
    there(
        () -> driver.mux().setTimes(flow, times), () -> home.mux().setTimes(flow, times), () -> {});
  }

  private void there(Runnable work, Runnable otherwise, Runnable done) {
    loop.execute(() -> {
      boolean here = driver.mux().flow(flowId()) != null;
      if (here) {
        work.run();
      }
      // What the work has told home is there before this.
      config
          .loop()
          .execute(() -> {
            if (!here && flow.isLive()) {
              otherwise.run();
            }
            done.run();
          });
    });
  }

  /** Closes the lane; the flow comes home. */
  void closeLane(ReasonCode reason, String text) {
    loop.execute(
        () -> driver.act(() -> driver.mux().closeLane(lane.port(), reason, text, driver.now())));
  }

  /** Does something when the flow is home, or has ended. */
  void whenBack(Runnable action) {
    whenBack.add(action);
  }

  // Told on the other loop.

  @Override
  public void onFlowClosed(FlowSummary summary) {
    config
        .loop()
        .execute(() -> {
          flows.ended(this, summary);
          runWaiting();
        });
  }

  @Override
  public void onLaneClosed(ByteString laneId, ReasonCode reason, String text) {
    if (driver.mux().flow(flowId()) == null) {
      config.loop().execute(() -> flows.laneClosed(this, reason, text));
      return;
    }
    Channel local = end.channel();
    local.config().setAutoRead(false);
    local.deregister().addListener(off -> loop.execute(() -> goHome(reason, text)));
  }

  private void goHome(ReasonCode reason, String text) {
    driver.run();
    boolean lives = driver.mux().flow(flowId()) != null;
    if (lives) {
      driver.mux().handover().leaveBare(flow);
      end.moveTo(home);
    }
    config
        .loop()
        .execute(() -> {
          if (lives) {
            join(config.loop(), end.channel());
            home.mux().handover().comeBack(flow, home.now());
            flows.cameBack(this);
            end.readOn();
            home.run();
            runWaiting();
            if (config.role() == FlowRole.DEVICE && flow.isLive()) {
              flows.orphaned(this);
            }
          }
          flows.laneClosed(this, reason, text);
        });
  }

  private void runWaiting() {
    for (Runnable next = whenBack.poll(); next != null; next = whenBack.poll()) {
      next.run();
    }
  }

  @Override
  public void onResetAway(long flowId, ReasonCode reason) {
    throw new AssertionError("a flow left the mux that it was brought to");
  }
}
