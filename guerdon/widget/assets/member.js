/** The page of one member: the token of its address goes to the element, and nowhere else. */

const rewards = document.getElementById("rewards");
const closed = document.getElementById("closed");

function open() {
  const token = decodeURIComponent(location.hash.slice(1));
  rewards.hidden = !token;
  closed.hidden = Boolean(token);
  if (token) rewards.setAttribute("token", token);
}

rewards.addEventListener("guerdon:ready", ({ detail }) => {
  document.getElementById("programme").textContent = detail.programme;
  document.title = `${detail.programme} · ${document.querySelector("h1").textContent}`;
});
addEventListener("hashchange", open);
open();
