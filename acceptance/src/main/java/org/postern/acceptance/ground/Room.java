package org.postern.acceptance.ground;

/** A network of the topology: one namespace each. */
public enum Room {
  /** Where the device is. */
  USER("user", "10.80.1.2"),
  /** Where the broker is; it has a link to every other room and forwards nothing. */
  CLOUD("cloud", "10.80.0.1"),
  /** A private network; takes nothing that it did not ask for. */
  VPC_A("vpc-a", "10.80.2.2"),
  /** A second one, whose application addresses are the same as those of the first. */
  VPC_B("vpc-b", "10.80.3.2");

  /** An application's address that exists in both private networks, and nowhere else. */
  public static final String APPLICATION_ADDRESS = "10.20.0.10";

  private final String namespace;
  private final String address;

  Room(String namespace, String address) {
    this.namespace = namespace;
    this.address = address;
  }

  /** The name that {@code ip netns exec} knows it by. */
  public String namespace() {
    return namespace;
  }

  /** The address on the side of the cloud; the cloud's own is reachable from every room. */
  public String address() {
    return address;
  }
}
