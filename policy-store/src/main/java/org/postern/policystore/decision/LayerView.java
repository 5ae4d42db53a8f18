package org.postern.policystore.decision;

import org.postern.policystore.Truth;

/// One list of rules as one subject meets it, whatever the time and the application.
///
/// @param maybe rules that match or may match
/// @param sure of these, the ones that match
/// @param report of these, the ones that only report
/// @param reports whether there are any of the last
@SuppressWarnings("ArrayRecordComponent") // Bitmaps: made once, read by this package alone.
record LayerView(long[] maybe, long[] sure, long[] report, boolean reports) {

  Truth standing(int rule) {
    return (sure[rule >>> 6] & 1L << rule) == 0 ? Truth.UNKNOWN : Truth.TRUE;
  }

  boolean isReportOnly(int rule) {
    return (report[rule >>> 6] & 1L << rule) != 0;
  }
}
