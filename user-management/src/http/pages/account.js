// Accepts an invitation, or sets a new password. The token is in the fragment of the address, which no server logs.
const parameters = new URLSearchParams(location.hash.slice(1));
const isReset = parameters.get("kind") === "reset";
const form = document.getElementById("form");
const message = document.getElementById("message");

document.getElementById("title").textContent = isReset ? "Choose a new password" : "Accept your invitation";
document.getElementById("name-row").hidden = isReset;
if (!isReset) {
  document.getElementById("lead").textContent =
    "Choose a password of at least 12 characters. If you have an account already, enter its password.";
}
// The token must not stay in the history of the browser.
history.replaceState(null, "", location.pathname);

function tell(text, isWrong) {
  message.textContent = text;
  message.className = isWrong ? "wrong" : "";
  message.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const fields = new FormData(form);
  const body = { token: parameters.get("token") ?? "", password: fields.get("password") };
  if (!isReset && fields.get("name")) body.name = fields.get("name");
  try {
    const response = await fetch(isReset ? "api/auth/reset-password" : "api/auth/accept-invitation", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) {
      form.hidden = true;
      tell("Done. You can sign in now.", false);
      return;
    }
    const problem = await response.json();
    tell(problem.errors?.map((fault) => fault.detail).join(" ") || problem.detail, true);
  } catch {
    tell("The service cannot be reached. Try again in a moment.", true);
  }
  button.disabled = false;
});
