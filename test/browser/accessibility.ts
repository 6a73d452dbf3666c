import type { Page } from "playwright-core";

/* Checks that a page can be used without seeing it, or with weak eyes. Each gives what is wrong, in words. */

/** Things to operate that have no name for a screen reader. */
export function namelessControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const nameOf = (el: Element): string => {
      const labels = el instanceof HTMLInputElement || el instanceof HTMLTextAreaElement ? [...(el.labels ?? [])] : [];
      return [el.getAttribute("aria-label") ?? "", ...labels.map((l) => l.textContent), el.textContent].join("").trim();
    };
    const controls = [...document.querySelectorAll("button, a[href], input, textarea")];
    return controls.filter((el) => el.checkVisibility() && nameOf(el) === "").map((el) => el.outerHTML);
  });
}

/** Texts whose colour is too close to what is behind them: less than 4.5 to 1. */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const paint = (colours: readonly string[]): readonly [number, number, number] => {
      if (canvas === null) throw new Error("no canvas");
      for (const colour of colours) {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
      }
      const [r = 0, g = 0, b = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b];
    };
    const light = (rgb: readonly number[]): number => {
      const [r = 0, g = 0, b = 0] = rgb.map((c) =>
        c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const grounds = (el: Element | null): string[] =>
      el === null ? ["white"] : [...grounds(el.parentElement), getComputedStyle(el).backgroundColor];
    const isText = (el: Element): boolean =>
      el.checkVisibility() &&
      [...el.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent?.trim() !== "");
    return [...document.querySelectorAll("body *:not(.hidden):not(noscript)")].filter(isText).flatMap((el) => {
      const behind = grounds(el);
      const [a, b] = [light(paint(behind)), light(paint([...behind, getComputedStyle(el).color]))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return ratio < 4.5 ? [`${ratio.toFixed(2)}: ${el.outerHTML.slice(0, 120)}`] : [];
    });
  });
}

/** Whether anything sticks out to the side. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}
