package org.postern.broker.admin;

import java.util.Map;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;

/**
 * Administrators as others see and change them. Whoever invites one could make himself anything, so
 * nobody touches an administrator who may do more than he.
 */
final class AdministratorHandlers {
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final AdminParts parts;
  private final AdministratorDesk desk;
  private final AccessHandlers access;

  AdministratorHandlers(AdminParts parts, AccessHandlers access) {
    this.parts = parts;
    this.desk = parts.desk();
    this.access = access;
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "listAdministrators", call -> pages.lines(call, desk.list(), "name"),
        "inviteAdministrator", this::invite,
        "disableAdministrator", call -> on(call).disable(call.head, by(call)),
        "enableAdministrator", call -> on(call).enable(call.head, by(call)),
        "resetAdministrator", call -> on(call).reset(call.head, call.raw, by(call)),
        "linkAdministrator", this::link);
  }

  /** By id in the tables, whatever the caller wrote. */
  private Reply link(AdminCall call) {
    String named = call.text("user");
    String userId =
        named.isEmpty()
            ? ""
            : AccessHandlers.userNamed(parts.snapshots().refresh().identities(), named).id();
    return on(call).link(call.head, userId, by(call));
  }

  private Reply invite(AdminCall call) {
    access.given(call, call.text("role"));
    call.isAudited();
    return desk.invite(call.head, call.raw, by(call));
  }

  private AdministratorDesk on(AdminCall call) {
    desk.roleOf(call.path("name")).ifPresent(role -> access.mayTouch(call, role));
    call.isAudited();
    return desk;
  }

  private static String by(AdminCall call) {
    return call.principal.person();
  }
}
