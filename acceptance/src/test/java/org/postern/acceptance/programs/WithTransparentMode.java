package org.postern.acceptance.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * For tests whose set-up starts a client connector in transparent mode. Where this user may not
 * open {@code /dev/net/tun}, which is a machine without udev, the set-up has to end with the client
 * connector saying so, and each test is that it did.
 */
final class WithTransparentMode implements InvocationInterceptor {
  private static final Path DEVICE = Path.of("/dev/net/tun");

  private @Nullable Throwable refusal;

  private static boolean possible() {
    return Files.isWritable(DEVICE);
  }

  @Override
  public void interceptBeforeAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    if (possible()) {
      invocation.proceed();
    } else {
      refusal = catchThrowable(invocation::proceed);
    }
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    if (possible()) {
      invocation.proceed();
      return;
    }
    invocation.skip();
    assertThat(refusal)
        .hasMessageContaining("/dev/net/tun may not be opened by this user")
        .hasMessageContaining("expected: root, or mode 0666");
    System.out.println("no transparent mode for this user here: /dev/net/tun is root's alone");
  }
}
