package org.postern.clientconnector.local.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * For tests of transparent mode. Where this user may not open {@code /dev/net/tun}, which is a
 * machine without udev, there is no transparent mode to test: each test then is that it says so in
 * one sentence, and leaves the machine as it was.
 */
public final class WithTransparentMode implements InvocationInterceptor {
  private static final Path DEVICE = Path.of("/dev/net/tun");
  private static final String RESOLV_CONF = "nameserver 127.0.0.9\n";

  private static @Nullable Refusal refusal;

  /** What the program said, and what it left. */
  private record Refusal(String said, String resolvConf, String tables) {}

  private static boolean possible() {
    return Files.isWritable(DEVICE);
  }

  @Override
  public void interceptBeforeAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    proceed(invocation);
  }

  @Override
  public void interceptAfterAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    proceed(invocation);
  }

  private static void proceed(Invocation<@Nullable Void> invocation) throws Throwable {
    if (possible()) {
      invocation.proceed();
    } else {
      invocation.skip();
    }
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    test(invocation);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    test(invocation);
  }

  private static void test(Invocation<@Nullable Void> invocation) throws Throwable {
    if (possible()) {
      invocation.proceed();
      return;
    }
    invocation.skip();
    Refusal seen = refused();
    System.out.println("no transparent mode for this user here: " + seen.said());
    assertThat(seen.said())
        .contains("/dev/net/tun may not be opened by this user (expected: root, or mode 0666");
    assertThat(seen.resolvConf()).isEqualTo(RESOLV_CONF);
    assertThat(seen.tables()).doesNotContain("postern");
  }

  private static synchronized Refusal refused() throws IOException, InterruptedException {
    Refusal known = refusal;
    if (known == null) {
      try (Sandbox sandbox = Sandbox.create(RESOLV_CONF)) {
        Process program =
            sandbox.java(LocalProgram.class, List.of(), sandbox.directory().toString());
        String said = Sandbox.await(program.inputReader(), "failed");
        program.waitFor();
        String tables = sandbox.run("nft", "list", "tables").output();
        known = new Refusal(said, sandbox.resolvConf(), tables);
      }
      refusal = known;
    }
    return known;
  }
}
