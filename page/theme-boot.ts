/* Runs before the first paint, so that a chosen colour scheme does not flash in. */
document.documentElement.dataset["theme"] = localStorage.getItem("weir.theme") ?? "auto";
