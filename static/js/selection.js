// What is done with several keys: the buttons say with how many, and come once one is chosen.
"use strict";

function countChosen() {
  const form = document.getElementById("key-selection");
  if (!form) return;
  const number = [...form.elements].filter((box) => box.name === "keys" && box.checked).length;
  form.querySelector("[data-selection-count]").textContent = number
    ? `${number} ${number === 1 ? "key" : "keys"} chosen.`
    : "Choose keys to pause or revoke several at once.";
  for (const word of form.querySelectorAll("[data-selected]")) word.textContent = number || "";
  form.querySelector(".buttons").hidden = number === 0;
}

document.addEventListener("change", (event) => {
  if (event.target.form?.id === "key-selection") countChosen();
});
document.addEventListener("htmx:after:swap", countChosen);
addEventListener("pageshow", countChosen);
