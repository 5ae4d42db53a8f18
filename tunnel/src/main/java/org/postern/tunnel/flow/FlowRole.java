package org.postern.tunnel.flow;

/** Which end of a device-connector pair we are. */
public enum FlowRole {
  /** Opens, moves and resumes flows. */
  DEVICE,
  /** Lets in only flows that were granted. */
  CONNECTOR
}
