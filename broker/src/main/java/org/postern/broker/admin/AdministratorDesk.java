package org.postern.broker.admin;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;

/**
 * The accounts of administrators. Whether the caller may do it has been asked before; what is done
 * stands in the audit log when a method returns. Blocking; any thread.
 */
public interface AdministratorDesk {
  /** Everybody, as lines for a list; each has a name of its own. */
  List<Map<String, Object>> list();

  /** The role of an administrator; empty if there is none of that name. */
  Optional<String> roleOf(String name);

  /** A one-time code for a new administrator. */
  Reply invite(Head head, byte[] body, String by);

  /** A one-time code instead of the credentials that an administrator has. */
  Reply reset(Head head, byte[] body, String by);

  /** Shuts an administrator out, and ends what they have open. */
  Reply disable(Head head, String by);

  /** Lets an administrator in again. */
  Reply enable(Head head, String by);

  /**
   * Says which user of applications an administrator is, or that they are none.
   *
   * @param user the id; empty: none
   */
  Reply link(Head head, String user, String by);
}
