package org.postern.clientconnector.link;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.function.LongSupplier;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.MemoryBudget;

/** What those who direct flows work with. */
record FlowMeans(
    EventLoop loop,
    EventLoopGroup bulkLoops,
    LinkLimits limits,
    FlowLimits flowLimits,
    MemoryBudget memory,
    LongSupplier nanoTime,
    LaneMaker lanes) {}
