// Projects that are ticked stand on top too, wherever in a long list they were found; with how many there are.
"use strict";

const boxIn = (part, value) => [...part.querySelectorAll("[type=checkbox]")].find((box) => box.value === value);

function addOnTop(box, chosen) {
  const label = box.closest("label").cloneNode(true);
  label.querySelector(".hint")?.remove();
  label.querySelector("input").removeAttribute("autofocus");
  chosen.append(label);
}

// The box on top is the one that is sent; what is taken out there stays, unticked, until the list is searched again.
function follow(box, choice) {
  const chosen = choice.querySelector("[data-projects-chosen]");
  const onTop = boxIn(chosen, box.value);
  if (onTop === box) {
    const below = boxIn(choice.querySelector("[data-projects-found]"), box.value);
    if (below) below.checked = box.checked;
    return;
  }
  if (onTop && !box.checked) onTop.closest("label").remove();
  else if (onTop) onTop.checked = true;
  else if (box.checked) addOnTop(box, chosen);
  box.removeAttribute("name");
}

function countProjects(choice) {
  const number = choice.querySelectorAll("[data-projects-chosen] :checked").length;
  const most = Number(choice.dataset.projects);
  const line = choice.querySelector("[data-projects-count]");
  line.textContent = `${number} of at most ${most} chosen.${number > most ? ` Take out ${number - most}.` : ""}`;
  line.toggleAttribute("data-too-many", number > most);
  return line.textContent;
}

// What was ticked stays ticked in a list that has just come.
function followAll() {
  for (const choice of document.querySelectorAll("[data-projects]")) {
    for (const box of choice.querySelectorAll("[data-projects-found] [type=checkbox]")) {
      const onTop = boxIn(choice.querySelector("[data-projects-chosen]"), box.value);
      if (onTop) box.checked = onTop.checked;
      if (box.checked) follow(box, choice);
    }
    countProjects(choice);
  }
}

// Before htmx sends what is ticked.
document.addEventListener("change", (event) => {
  const choice = event.target.matches("[type=checkbox]") && event.target.closest("[data-projects]");
  if (!choice) return;
  follow(event.target, choice);
  announce(countProjects(choice));
}, true);

// Enter in a field presses the first button of the form; the list follows what is typed by itself.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-projects-search]")) event.preventDefault();
});

document.addEventListener("htmx:after:swap", followAll);
addEventListener("pageshow", followAll);
