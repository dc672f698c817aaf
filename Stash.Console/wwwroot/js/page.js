import "./copy.js";
import "./time.js";

// A circuit that is gone for good (the console was started again) is replaced by loading the page anew, once the console answers.
const reconnect = document.getElementById("components-reconnect-modal");
let reloading = false;

async function reloadWhenBack() {
  if (reloading) {
    return;
  }
  reloading = true;
  for (;;) {
    try {
      if ((await fetch("/healthz", { cache: "no-store" })).ok) {
        location.reload();
        return;
      }
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

// A connection that went because the sign-in has ended does not come back.
async function leaveWhenSignedOut() {
  try {
    if ((await fetch("/signed-in", { cache: "no-store", redirect: "manual" })).type === "opaqueredirect") {
      location.assign("/sign-in");
    }
  } catch {
    // The console is away; that has its own remedy.
  }
}

reconnect?.addEventListener("components-reconnect-state-changed", (event) => {
  if (event.detail.state === "show") {
    leaveWhenSignedOut();
  }
  if (event.detail.state === "failed" || event.detail.state === "rejected") {
    reloadWhenBack();
  }
});

// The live connection alone does not keep the sign-in from running out.
setInterval(() => fetch("/signed-in", { cache: "no-store" }).catch(() => {}), 60 * 60 * 1000);
