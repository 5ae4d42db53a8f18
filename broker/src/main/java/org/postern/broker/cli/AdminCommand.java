package org.postern.broker.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code postern admin}: every command here is a client of the admin API. */
@Command(
    name = "admin",
    mixinStandardHelpOptions = true,
    description = "Administers a deployment: policy as code, people, keys, roles, audit.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      LoginCommand.class,
      AdministratorCommands.class,
      HistoryCommands.Plan.class,
      PolicyCommands.Apply.class,
      PolicyCommands.Get.class,
      PolicyCommands.Schema.class,
      HistoryCommands.History.class,
      HistoryCommands.Rollback.class,
      ObjectCommands.Put.class,
      ObjectCommands.Delete.class,
      ObjectCommands.Restore.class,
      AuditCommands.class,
      AccessCommands.WhoAmI.class,
      AccessCommands.TokenCommands.class,
      AccessCommands.RoleCommands.class,
      AccessCommands.ClientCommands.class,
      DecisionCommands.Check.class,
      AnalysisCommands.LintPolicy.class,
      AnalysisCommands.RuleCounts.class,
      ReachCommands.ReachWhat.class,
      ReachCommands.Diff.class,
      DecisionCommands.class,
      ApprovalCommands.class,
      ChangeCommands.class,
      ChangeCommands.FourEyes.class,
      KeyCommands.class,
      ProviderCommands.class,
      StatusCommands.Status.class,
      StatusCommands.Flows.class,
      PeopleCommands.Users.class,
      PeopleCommands.Sessions.class,
      PeopleCommands.Devices.class,
      PeopleCommands.Connectors.class,
      ScimCommands.class,
      SignalCommands.class,
      PostureCommands.class,
      RiskCommands.class,
      CommandLine.HelpCommand.class
    },
    footer = {
      "",
      "Example:",
      "  postern admin apply -f policy.yaml --url https://broker.example.com \\",
      "    --ca ca.pem --token-file admin.token",
      "",
      "Where to ask and what to show can also stand in ~/.config/postern/admin.json:",
      "  {\"url\": \"https://broker.example.com\", \"ca\": \"/path/ca.pem\",",
      "   \"tokenFile\": \"/path/admin.token\"}",
      "",
      "Exit codes: 0 done, 1 refused, 2 wrong command line or policy, 3 no answer, 4 token refused."
    })
public final class AdminCommand {
  /** For picocli. */
  public AdminCommand() {}
}
