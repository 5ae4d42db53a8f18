package org.postern.clientconnector.posture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.clientconnector.posture.FakeMachine.asking;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureQuestions;

class ExaminerTest {
  private static final String NFT_DROP =
      """
      table inet filter {
      \tchain input {
      \t\ttype filter hook input priority filter; policy drop;
      \t}
      \tchain forward {
      \t\ttype filter hook forward priority filter; policy accept;
      \t}
      }
      """;

  @TempDir private Path root;
  private FakeMachine machine;

  @BeforeEach
  void begin() {
    machine = new FakeMachine(root);
  }

  private FakeMachine mount(String line) throws IOException {
    return machine.file("/proc/self/mountinfo", "25 1 0:23 / /sys rw - sysfs sysfs rw\n" + line);
  }

  private String disk() {
    return machine.facts().getOrDefault("DISK_ENCRYPTED", "");
  }

  @Test
  void debianOnAPlainPartitionIsNotEncrypted() throws IOException {
    machine
        .file(
            "/etc/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nVERSION_ID=\"12\"\n")
        .file("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
        .file("/sys/devices/vda/vda1/dev", "254:1")
        .link("/sys/dev/block/254:1", "../../devices/vda/vda1")
        .link("/sys/class/block/vda1", "../../devices/vda/vda1");
    mount("29 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n");
    Map<String, String> facts = machine.facts();
    assertThat(facts)
        .containsEntry("OS_ID", "debian")
        .containsEntry("OS_VERSION", "12")
        .containsEntry("KERNEL", "6.1.0-18-amd64")
        .containsEntry("CLIENT_VERSION", "0.1")
        .containsEntry("DISK_ENCRYPTED", "false");
  }

  @Test
  void ubuntuOnLvmOverLuksIsEncrypted() throws IOException {
    machine
        .file("/usr/lib/os-release", "ID=ubuntu\nVERSION_ID='24.04'\n")
        .file("/sys/devices/dm-1/dm/uuid", "LVM-abcdef\n")
        .file("/sys/devices/dm-1/slaves/dm-0/x", "")
        .file("/sys/devices/dm-0/dm/uuid", "CRYPT-LUKS2-1234-dm_crypt-0\n")
        .file("/sys/devices/dm-0/slaves/nvme0n1p3/x", "")
        .link("/sys/dev/block/253:1", "../../devices/dm-1")
        .link("/sys/class/block/dm-1", "../../devices/dm-1")
        .link("/sys/class/block/dm-0", "../../devices/dm-0");
    mount("29 1 253:1 / / rw - ext4 /dev/mapper/vgubuntu-root rw\n");
    assertThat(machine.facts())
        .containsEntry("OS_ID", "ubuntu")
        .containsEntry("OS_VERSION", "24.04")
        .containsEntry("DISK_ENCRYPTED", "true");
  }

  @Test
  void volumeOverOneEncryptedAndOnePlainDiskIsNotEncrypted() throws IOException {
    machine
        .file("/sys/devices/dm-1/dm/uuid", "LVM-abcdef\n")
        .file("/sys/devices/dm-1/slaves/dm-0/x", "")
        .file("/sys/devices/dm-1/slaves/sdb1/x", "")
        .file("/sys/devices/dm-0/dm/uuid", "CRYPT-LUKS2-1234\n")
        .file("/sys/devices/sdb1/dev", "8:17")
        .link("/sys/dev/block/253:1", "../../devices/dm-1")
        .link("/sys/class/block/dm-1", "../../devices/dm-1")
        .link("/sys/class/block/sdb1", "../../devices/sdb1")
        .link("/sys/class/block/dm-0", "../../devices/dm-0");
    mount("29 1 253:1 / / rw - xfs /dev/mapper/vg-root rw\n");
    assertThat(disk()).isEqualTo("false");
  }

  @Test
  void fedoraOnBtrfsIsEncryptedOnlyIfAllItsDisksAre() throws IOException {
    machine
        .file("/dev/dm-0", "")
        .link("/dev/mapper/luks-1", "../dm-0")
        .file("/sys/devices/dm-0/dm/uuid", "CRYPT-LUKS2-1234\n")
        .link("/sys/class/block/dm-0", "../../devices/dm-0")
        .file("/sys/fs/btrfs/uuid-1/devices/dm-0/x", "");
    mount("29 1 0:27 /root / rw - btrfs /dev/mapper/luks-1 rw,subvol=/root\n");
    assertThat(disk()).isEqualTo("true");
    machine
        .file("/sys/fs/btrfs/uuid-1/devices/sdb/x", "")
        .file("/sys/devices/sdb/dev", "8:16")
        .link("/sys/class/block/sdb", "../../devices/sdb");
    assertThat(disk()).isEqualTo("false");
  }

  @Test
  void rootWithoutABlockDeviceIsNotGuessed() throws IOException {
    assertThat(disk()).startsWith("? ");
    mount("29 1 0:55 / / rw - overlay overlay rw\n");
    assertThat(disk()).isEqualTo("? the root file system (overlay) lies on no block device");
    machine
        .file("/sys/devices/loop0/dev", "7:0")
        .link("/sys/dev/block/7:0", "../../devices/loop0")
        .link("/sys/class/block/loop0", "../../devices/loop0");
    mount("29 1 7:0 / / rw - ext4 /dev/loop0 rw\n");
    assertThat(disk()).startsWith("? ");
  }

  private String firewall(long userId) {
    return machine
        .facts(userId, PostureQuestions.getDefaultInstance())
        .getOrDefault("FIREWALL_ON", "");
  }

  @Test
  void firewallIsOnOnlyIfInputIsDroppedForAllOfIp() throws IOException {
    assertThat(firewall(0)).isEqualTo("? neither nft nor iptables is installed to list the rules");
    machine.fails("nft list chains", "nft failed: Operation not permitted");
    assertThat(firewall(1000)).startsWith("? only root");
    assertThat(firewall(0)).startsWith("? the rules");
    machine.says("nft list chains", NFT_DROP);
    assertThat(firewall(0)).isEqualTo("true");
    machine.says("nft list chains", NFT_DROP.replace("policy drop", "policy accept"));
    assertThat(firewall(0)).isEqualTo("false");
    machine.says("nft list chains", NFT_DROP.replace("hook input", "hook prerouting"));
    assertThat(firewall(0)).isEqualTo("false");
    machine.says("nft list chains", NFT_DROP.replace("inet", "bridge"));
    assertThat(firewall(0)).isEqualTo("false");

    machine.says("nft list chains", NFT_DROP.replace("inet", "ip"));
    assertThat(firewall(0)).as("no IPv6 here").isEqualTo("true");
    machine.file("/proc/net/if_inet6", "00000000000000000000000000000001 01 80 10 80 lo\n");
    assertThat(firewall(0)).as("IPv6 is open").isEqualTo("false");
    machine.says(
        "nft list chains", NFT_DROP.replace("inet", "ip") + NFT_DROP.replace("inet", "ip6"));
    assertThat(firewall(0)).isEqualTo("true");
  }

  @Test
  void iptablesAndFirewalldCountToo() throws IOException {
    machine
        .file("/proc/net/if_inet6", "x")
        .says("iptables -S INPUT", "-P INPUT DROP\n-A INPUT -i lo\n");
    machine.says("ip6tables -S INPUT", "-P INPUT ACCEPT\n");
    assertThat(firewall(0)).isEqualTo("false");
    machine.says("ip6tables -S INPUT", "-P INPUT DROP\n");
    assertThat(firewall(0)).isEqualTo("true");
    machine.says("iptables -S INPUT", "-P INPUT ACCEPT\n");
    machine.says("firewall-cmd --state", "running\n");
    machine.says("firewall-cmd --get-default-zone", "trusted\n");
    assertThat(firewall(0)).isEqualTo("false");
    machine.says("firewall-cmd --get-default-zone", "FedoraWorkstation\n");
    assertThat(firewall(0)).isEqualTo("true");
  }

  private String screen(long userId) {
    return machine
        .facts(userId, PostureQuestions.getDefaultInstance())
        .getOrDefault("SCREEN_LOCK_SECONDS", "");
  }

  private void session(String name, String properties) {
    machine
        .says("loginctl list-sessions --no-legend", "   2 1000 " + name + " seat0 tty2\n")
        .says("loginctl show-session 2 -p Name -p User -p Type -p Class -p Remote", properties);
  }

  private void settings(String prefix, String enabled, String idle, String delay) {
    machine
        .says(prefix + "gsettings get org.gnome.desktop.screensaver lock-enabled", enabled)
        .says(prefix + "gsettings get org.gnome.desktop.session idle-delay", idle)
        .says(prefix + "gsettings get org.gnome.desktop.screensaver lock-delay", delay);
  }

  @Test
  void screenLockIsAskedAsThePersonAtTheScreen() {
    assertThat(screen(0)).startsWith("? loginctl");
    session("alice", "Name=alice\nUser=1000\nType=wayland\nClass=user\nRemote=no\n");
    settings(
        "runuser -u alice -- env DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus ",
        "true\n",
        "uint32 300\n",
        "uint32 5\n");
    assertThat(screen(0)).isEqualTo("305");
    assertThat(screen(1001)).isEqualTo("? the graphical session is another user's");
    settings("", "true", "uint32 0", "uint32 0");
    assertThat(screen(1000)).as("never idle").isEqualTo("0");
    settings("", "false", "uint32 60", "uint32 0");
    assertThat(screen(1000)).as("never locks").isEqualTo("0");
    settings("", "No such schema", "", "");
    assertThat(screen(1000)).startsWith("? ");
  }

  @Test
  void sessionWithoutScreenOrWithAStrangeNameIsNotAsked() {
    settings("", "true", "uint32 1", "uint32 0");
    session("alice", "Name=alice\nUser=1000\nType=tty\nClass=user\nRemote=no\n");
    assertThat(screen(0)).isEqualTo("? nobody has a graphical session");
    session("alice", "Name=alice\nUser=1000\nType=x11\nClass=user\nRemote=yes\n");
    assertThat(screen(0)).isEqualTo("? nobody has a graphical session");
    session("x", "Name=-u root\nUser=0\nType=x11\nClass=user\nRemote=no\n");
    assertThat(screen(0)).isEqualTo("? nobody has a graphical session");
  }

  @Test
  void domainsComeFromRealmdAndSssd() throws IOException {
    PostureQuestions asked =
        asking(
            PostureFact.Kind.KIND_DOMAIN_MEMBER, "corp.example",
            PostureFact.Kind.KIND_DOMAIN_MEMBER, "other.example");
    assertThat(machine.facts(0, asked)).containsEntry("DOMAIN_MEMBER corp.example", "false");
    machine.says(
        "realm list",
        "corp.example\n  type: kerberos\n  domain-name: CORP.example\n  configured:"
            + " kerberos-member\nother.example\n  domain-name: other.example\n  configured: no\n");
    assertThat(machine.facts(0, asked))
        .containsEntry("DOMAIN_MEMBER corp.example", "true")
        .containsEntry("DOMAIN_MEMBER other.example", "false");
    machine.file("/etc/sssd/sssd.conf", "[sssd]\ndomains = a.example, Other.example\n[domain/x]\n");
    assertThat(machine.facts(0, asked)).containsEntry("DOMAIN_MEMBER other.example", "true");
    machine.says("realm list", "");
    machine.file("/etc/sssd/sssd.conf", "x".repeat(300 << 10));
    assertThat(machine.facts(0, asked))
        .containsEntry("DOMAIN_MEMBER corp.example", "? /etc/sssd/sssd.conf cannot be read");
  }

  @Test
  void processesAndFilesAreFoundByPathAndDigest() throws Exception {
    String digest =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest("agent".getBytes(StandardCharsets.UTF_8)));
    machine
        .file("/opt/edr", "agent")
        .link("/proc/41/exe", root.resolve("opt/edr").toString())
        .file("/proc/42/status", "a thread of the kernel has no program");
    PostureQuestions asked =
        asking(
            PostureFact.Kind.KIND_PROCESS_RUNNING, "/opt/edr",
            PostureFact.Kind.KIND_PROCESS_SHA256, "/opt/edr",
            PostureFact.Kind.KIND_PROCESS_RUNNING, "/opt/other",
            PostureFact.Kind.KIND_PROCESS_SHA256, "/opt/other",
            PostureFact.Kind.KIND_FILE_EXISTS, "/opt/edr",
            PostureFact.Kind.KIND_FILE_SHA256, "/opt/edr",
            PostureFact.Kind.KIND_FILE_EXISTS, "/opt/none",
            PostureFact.Kind.KIND_FILE_SHA256, "/opt",
            PostureFact.Kind.KIND_PROTECTED_KEY, "device",
            PostureFact.Kind.KIND_FILE_EXISTS, "/opt/../etc/shadow",
            PostureFact.Kind.KIND_FILE_EXISTS, "relative");
    Map<String, String> facts = machine.facts(0, asked);
    assertThat(facts)
        .containsEntry("PROCESS_RUNNING /opt/edr", "true")
        .containsEntry("PROCESS_SHA256 /opt/edr", digest)
        .containsEntry("PROCESS_RUNNING /opt/other", "false")
        .containsEntry("PROCESS_SHA256 /opt/other", "? it was not seen running")
        .containsEntry("FILE_EXISTS /opt/edr", "true")
        .containsEntry("FILE_SHA256 /opt/edr", digest)
        .containsEntry("FILE_EXISTS /opt/none", "false")
        .containsEntry("FILE_SHA256 /opt", "? it cannot be read: not a plain file")
        .doesNotContainKey("FILE_EXISTS relative")
        .doesNotContainKey("FILE_EXISTS /opt/../etc/shadow");
    assertThat(facts).containsEntry("PROTECTED_KEY device", "? PKCS #11 tokens are not examined");
  }

  @Test
  void protectedKeyIsWhatTheTokensSayOfIt() throws Exception {
    PostureQuestions asked =
        asking(
            PostureFact.Kind.KIND_PROTECTED_KEY, "there",
            PostureFact.Kind.KIND_PROTECTED_KEY, "elsewhere",
            PostureFact.Kind.KIND_PROTECTED_KEY, "locked");
    ProtectedKeys tokens =
        labels ->
            Map.of(
                "there", new ProtectedKeys.Known(true),
                "elsewhere", new ProtectedKeys.Known(false),
                "locked", new ProtectedKeys.Unknown("the token asks for a PIN"));
    assertThat(machine.facts(0, asked, tokens))
        .containsEntry("PROTECTED_KEY there", "true")
        .containsEntry("PROTECTED_KEY elsewhere", "false")
        .containsEntry("PROTECTED_KEY locked", "? the token asks for a PIN");
    assertThat(machine.facts(0, asking())).doesNotContainKey("PROTECTED_KEY there");
  }
}
