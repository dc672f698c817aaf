// <button data-copy="TEXT">: a press copies. Without a secure context (plain http to another host) there is no clipboard API.
async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed here: the old way.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;top:0;opacity:0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

const said = document.createElement("div");
said.className = "visually-hidden";
said.setAttribute("role", "status");
document.body.append(said);

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy]");
  if (!button) {
    return;
  }
  const copied = await copy(button.dataset.copy);
  const word = button.querySelector("[data-copy-word]");
  word.textContent = copied ? "Copied" : "Not allowed";
  said.textContent = copied ? "Copied" : "The browser does not allow copying here";
  button.focus();
  setTimeout(() => {
    word.textContent = "Copy";
    said.textContent = "";
  }, 2000);
});
