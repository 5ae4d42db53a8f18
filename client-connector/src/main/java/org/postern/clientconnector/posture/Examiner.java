package org.postern.clientconnector.posture;

import java.util.List;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;

/** Looks at the machine and remembers what it saw. Blocks; confined to one thread. */
final class Examiner {
  private final Machine machine;
  private final SystemFacts system;
  private final DiskFacts disk;
  private final FirewallFacts firewall;
  private final ScreenFacts screen;
  private final DomainFacts domains;
  private final KeyFacts keys;
  private final FileFacts files;
  private FactSheet settings;
  private FactSheet watched;

  Examiner(Machine machine, String clientVersion) {
    this.machine = machine;
    this.system = new SystemFacts(machine, clientVersion);
    this.disk = new DiskFacts(machine);
    this.firewall = new FirewallFacts(machine);
    this.screen = new ScreenFacts(machine);
    this.domains = new DomainFacts(machine);
    this.keys = new KeyFacts(machine);
    this.files = new FileFacts(machine);
    this.settings = new FactSheet(machine.limits());
    this.watched = new FactSheet(machine.limits());
  }

  /** What changes rarely, or costs a process to find out. */
  void lookAtSettings(Questions questions) {
    FactSheet sheet = new FactSheet(machine.limits());
    system.collect(sheet);
    disk.collect(sheet);
    firewall.collect(sheet);
    screen.collect(sheet);
    domains.collect(sheet, List.copyOf(questions.subjects(PostureFact.Kind.KIND_DOMAIN_MEMBER)));
    keys.collect(sheet, questions.subjects(PostureFact.Kind.KIND_PROTECTED_KEY));
    settings = sheet;
  }

  /** Files and processes that were asked for. */
  void lookAtFiles(Questions questions) {
    FactSheet sheet = new FactSheet(machine.limits());
    files.files(
        sheet,
        questions.subjects(PostureFact.Kind.KIND_FILE_EXISTS),
        questions.subjects(PostureFact.Kind.KIND_FILE_SHA256));
    files.processes(
        sheet,
        questions.subjects(PostureFact.Kind.KIND_PROCESS_RUNNING),
        questions.subjects(PostureFact.Kind.KIND_PROCESS_SHA256));
    watched = sheet;
  }

  /** All that was seen last. */
  PostureReport report() {
    FactSheet all = new FactSheet(machine.limits());
    all.addAll(settings);
    all.addAll(watched);
    return all.report();
  }
}
