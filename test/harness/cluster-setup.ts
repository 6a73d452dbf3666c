import { kubectl } from "./cluster-kubectl.ts";
import { imageLoader, runCommand, testImage } from "./cluster-settings.ts";

/** Before the suite on a cluster: sees that there is one, and brings the image to it. */
export async function setup(): Promise<void> {
  try {
    await kubectl(["get", "--raw", "/readyz"]);
  } catch (cause) {
    throw new Error("no cluster answers: set KUBECONFIG", { cause });
  }
  if (imageLoader !== undefined) await runCommand("WEIR_TEST_IMAGE_LOAD", imageLoader, testImage);
}
